/** A flag that cannot be used; the message is a sentence for the operator. */
export class FlagError extends Error {}
