// The real server that the tests run against; `tests/sdk/test_typescript.py` starts it and hands over its keys.

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { env } from "node:process";

import { CheckoutClient, type CheckoutClientOptions } from "../src/index.js";

function given(name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set; see tests/sdk/test_typescript.py`);
  return value;
}

export const server = {
  url: given("TILLGATE_URL"),
  /** Every scope, test mode. */
  key: given("TILLGATE_TEST_KEY"),
  /** `events:read` only. */
  narrowKey: given("TILLGATE_NARROW_KEY"),
  revokedKey: given("TILLGATE_REVOKED_KEY"),
};

export function client(options: Partial<CheckoutClientOptions> = {}): CheckoutClient {
  return new CheckoutClient({ apiKey: server.key, baseUrl: server.url, ...options });
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the scripted server says; `"break"` breaks the connection off, `"hang"` never answers. */
export type Answer = "break" | "hang" | { status?: number; body?: string; headers?: Record<string, string> };

/** A real HTTP server that answers by the script, then with 204, and keeps what it was asked. */
export async function scripted(...answers: Answer[]): Promise<{
  url: string;
  asked: Asked[];
  arrived: (count: number) => Promise<Asked[]>;
  close: () => Promise<void>;
}> {
  const asked: Asked[] = [];
  let wake = (): void => {};
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      asked.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      const answer = answers.shift() ?? { status: 204 };
      if (answer === "break") request.socket.destroy();
      else if (answer !== "hang") response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      wake();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    arrived: async (count) => {
      while (asked.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return asked;
    },
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
}
