// An API as Express has it by default: it ignores case and a slash at the end. Says on standard output where it listens.
import express from "express";

const app = express();
const routes = {
  "/health": "health",
  "/admin": "admin",
  "/invoices": "invoices",
  "/invoices/export": "export",
  "/invoices/:id": "invoice",
  "/files/*rest": "files",
  "/:page": "page",
};
for (const [path, name] of Object.entries(routes)) {
  app.get(path, (_request, response) => response.type("text").send(`handler=${name}`));
}
app.use((_request, response) => response.status(404).type("text").send("handler=none"));
app.use((_error, _request, response, _next) => response.status(400).type("text").send("handler=none"));

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
