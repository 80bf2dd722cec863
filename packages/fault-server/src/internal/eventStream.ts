/** Amazon's binary event stream: frames with their checksums. */
import { crc32 } from "node:zlib"

/** A header's value is text; the type byte 7 says so. */
const header = (name: string, value: string): Buffer => {
  const [key, text] = [Buffer.from(name), Buffer.from(value)]
  const length = Buffer.alloc(2)
  length.writeUInt16BE(text.length)
  return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([7]), length, text])
}

/** One frame: lengths, their checksum, headers, payload, checksum of all. */
export const frame = (headers: Readonly<Record<string, string>>, payload: object): Buffer => {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)))
  const body = Buffer.from(JSON.stringify(payload))
  const all = Buffer.alloc(16 + head.length + body.length)
  all.writeUInt32BE(all.length, 0)
  all.writeUInt32BE(head.length, 4)
  all.writeUInt32BE(crc32(all.subarray(0, 8)), 8)
  head.copy(all, 12)
  body.copy(all, 12 + head.length)
  all.writeUInt32BE(crc32(all.subarray(0, all.length - 4)), all.length - 4)
  return all
}

/** A piece of an answer: an event of the API, wrapped. */
export const chunk = (event: object): Buffer =>
  frame(
    { ":message-type": "event", ":event-type": "chunk", ":content-type": "application/json" },
    { bytes: Buffer.from(JSON.stringify(event)).toString("base64") }
  )

/** What ends a stream that fails. */
export const exception = (type: string, message: string): Buffer =>
  frame({ ":message-type": "exception", ":exception-type": type, ":content-type": "application/json" }, { message })
