/** A server that reads a request to its end and answers with one call of a tool, in a process of its own. */
import { createServer } from "node:http"
import { answer } from "./toolAnswer.ts"

const server = createServer((request, response) => {
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json" })
    response.end(answer)
  })
  request.resume()
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address !== "string") console.log(`http://127.0.0.1:${address.port}`)
})
