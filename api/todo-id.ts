import { v7 } from 'uuid'

/**
 * A new id: UUIDv7 (RFC 9562 section 5.7), which sorts in the order of creation. Within a process that order is strict;
 * between processes it is that of their clocks, to the millisecond.
 */
export function newTodoId(): string {
  return v7()
}
