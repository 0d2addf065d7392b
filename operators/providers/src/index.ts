export { createProvidersOperator, type ProvidersOperatorOptions } from "./create-providers-operator.ts";
