/**
 * OpenFGA's error codes with their numbers. Over gRPC the number is the status code; over HTTP its range decides the status.
 * @see https://openfga.dev/api/service
 */
export const errorCodes = {
  auth_failed_invalid_subject: 1001,
  auth_failed_invalid_audience: 1002,
  auth_failed_invalid_issuer: 1003,
  invalid_claims: 1004,
  auth_failed_invalid_bearer_token: 1005,
  bearer_token_missing: 1010,
  unauthenticated: 1500,
  forbidden: 1600,
  validation_error: 2000,
  authorization_model_not_found: 2001,
  authorization_model_resolution_too_complex: 2002,
  invalid_write_input: 2003,
  cannot_allow_duplicate_tuples_in_one_request: 2004,
  invalid_continuation_token: 2007,
  invalid_expand_input: 2010,
  write_failed_due_to_invalid_input: 2017,
  latest_authorization_model_not_found: 2020,
  type_not_found: 2021,
  relation_not_found: 2022,
  invalid_tuple: 2027,
  assertions_too_many_items: 2033,
  tuple_key_value_not_specified: 2037,
  page_size_invalid: 2039,
  difference_base_missing_value: 2041,
  subtract_base_missing_value: 2042,
  type_definitions_too_few_items: 2045,
  type_invalid_pattern: 2047,
  relations_invalid_pattern: 2050,
  query_string_type_continuation_token_mismatch: 2052,
  exceeded_entity_limit: 2053,
  invalid_authorization_model: 2056,
  cancelled: 2058,
  invalid_start_time: 2059,
  throttled_timeout_error: 3500,
  internal_error: 4000,
  deadline_exceeded: 4004,
  already_exists: 4005,
  resource_exhausted: 4006,
  failed_precondition: 4007,
  aborted: 4008,
  out_of_range: 4009,
  unavailable: 4010,
  data_loss: 4011,
  undefined_endpoint: 5000,
  store_id_not_found: 5002,
  unimplemented: 5004,
  /** a transaction that lost against another: gRPC's own 10, HTTP 409 */
  Aborted: 10,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A failure as OpenFGA reports it: the name goes over HTTP, the number over gRPC. */
export class OpenFgaError extends Error {
  readonly code: ErrorCode;
  /** a violated shape: over gRPC it is InvalidArgument whatever its code */
  readonly shape: boolean;
  /** the model that was used, once it was known: it goes into a header */
  modelId: string | undefined = undefined;

  constructor(code: ErrorCode, message: string, options: { shape?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OpenFgaError";
    this.code = code;
    this.shape = options.shape ?? false;
  }

  get grpcCode(): number {
    return this.shape ? 3 : errorCodes[this.code];
  }

  get httpStatus(): number {
    return httpStatusOf(errorCodes[this.code]);
  }
}

function httpStatusOf(number: number): number {
  if (number === 10) return 409;
  if (number < 2000) return 401;
  if (number < 3500) return 400;
  if (number < 4000) return 422;
  if (number < 5000) return 500;
  return 404;
}

export const validationError = (message: string): OpenFgaError => new OpenFgaError("validation_error", message);
