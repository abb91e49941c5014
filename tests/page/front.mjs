// Puts the page in front of an agent that serves none, as a reverse proxy does: the page at "/", everything else is the agent's.

import { createServer, request as ask } from "node:http";

export class Front {
  constructor(page, agent) {
    const { host, hostname, port } = new URL(agent);
    this.server = createServer((request, response) => {
      if (request.url === "/") {
        response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
        return response.end(page);
      }
      const { origin, ...headers } = request.headers;
      const { method, url } = request;
      const behind = ask({ hostname, port, path: url, method, headers: { ...headers, host } }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      behind.on("error", () => response.destroy());
      response.on("close", () => behind.destroy());
      return request.pipe(behind);
    });
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
