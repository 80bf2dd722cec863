/** What one answer may be at most. The API comes near none of these; a proxy gone wrong, or an attacker, passes them. */

/** Characters of one line, and of the `data` lines of one event together: 16 Mi. */
export const maxEvent = 16 * 1024 * 1024

/** Characters of one block's text, thinking or tool input: 64 Mi. */
export const maxBlock = 64 * 1024 * 1024

/** Blocks of one message. */
export const maxBlocks = 10_000

/** Milliseconds that a body may take to end after its `message_stop`, so that its connection can be used again. */
export const linger = 1000

/** Chunks that are given at once at most, where they come faster than a consumer can be woken. */
export const maxBatch = 64

/** Bytes of an answer that is no stream: 64 Mi. */
export const maxBody = 64 * 1024 * 1024

/** Bytes of a streamed answer, whatever its events are: 256 Mi. */
export const maxStream = 256 * 1024 * 1024

/** Bytes of a streamed answer that are kept for a reader who has stopped: 16 Mi. */
export const maxUnread = 16 * 1024 * 1024
