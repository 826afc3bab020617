// The API playground: a form out of an OpenAPI document, sent to this very server. The key lives in this page's memory
// alone: it is never put into storage, an address, a cookie or the page, and it is forgotten when the page is left.
"use strict";

const ANSWER_MAX = 200_000;
const SECONDS_MAX = 30;
const OF_INTEREST = /^(x-request-id|retry-after|etag|location|idempotency-replayed|content-type|(x-)?ratelimit.*)$/;
const root = document.getElementById("playground");
const { languages, test, live, variable, advice } = JSON.parse(root.dataset.playground);
const LIVE = new RegExp(`(?<!\\w)(${live.join("|")})\\w`);
const NO_LIVE = "This holds a live mode key. Use one of test mode: nothing was sent.";
const shown = { fields: [], ids: new Set(), documents: {} };

function make(tag, attributes = {}, ...children) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) one.setAttribute(name, value);
  one.append(...children);
  return one;
}

function labelled(label, control, hint = "") {
  const more = hint && make("span", { id: `${control.id}-hint`, class: "hint" }, hint);
  if (more) control.setAttribute("aria-describedby", more.id);
  return make("p", { class: "field" }, make("label", { for: control.id }, label), control, more);
}

const language = make("select", { id: "pg-language" });
for (const [place, one] of languages.entries()) language.append(make("option", { value: place }, one.title));
const operation = make("select", { id: "pg-operation" });
const key = make("input", { id: "pg-key", type: "password", autocomplete: "off", spellcheck: "false", maxlength: 300 });
const inputs = make("div", { class: "inputs" });
const summary = make("p", { class: "summary" });
const send = make("button", { class: "button primary", type: "submit" }, "Send request");
const form = make("form", { class: "request", novalidate: "" }, inputs, make("p", {}, send));
const status = make("p", { class: "outcome", role: "status" });
const headers = make("dl", { class: "headers" });
const answer = make("pre", { tabindex: 0, role: "region", "aria-label": "Answer's body", hidden: "" });
const curl = make("pre", { tabindex: 0, role: "region", "aria-label": "The same request with curl" });
const known = make("datalist", { id: "pg-ids" });
root.append(
  ...(languages.length > 1 ? [labelled("Language", language)] : []),
  labelled("Operation", operation),
  labelled("Test key", key, "Stays in this page's memory, and goes to this server alone. Live keys are refused."),
  summary, form, known,
  make("h2", {}, "Answer"), status, headers, answer,
  make("h2", {}, "curl"), curl,
);

// What a schema's example is: its own, its default, or the required fields of an object.
function exampleOf(schema, document, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return exampleOf(document.components.schemas[schema.$ref.split("/").pop()], document, depth + 1);
  if (schema.examples) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return exampleOf(choices.find((one) => one.type !== "null") ?? choices[0], document, depth + 1);
  if (schema.properties) {
    const needed = schema.required ?? [];
    return Object.fromEntries(needed.map((name) => [name, exampleOf(schema.properties[name], document, depth + 1)]));
  }
  if (schema.type === "array") return [exampleOf(schema.items, document, depth + 1)];
  return { object: {}, integer: schema.minimum ?? 1, number: 1, boolean: true, string: "" }[schema.type] ?? {};
}

function refusalOf(text, needed) {
  if (needed === "root") return "Only the root credential may do this, and it does not belong into a page: use curl. Nothing was sent.";
  if (LIVE.test(text)) return NO_LIVE;
  if (!text) return needed ? `Enter a test mode key first. ${advice}` : "";
  if (/[^\x21-\x7e]/.test(text)) return "The key has a space, a line break or another odd character in it.";
  if (needed !== "token" && !test.some((head) => text.startsWith(head))) {
    return `This is no test mode key. One begins with ${test.join(", ")}. Nothing was sent.`;
  }
  return "";
}

function chosen() {
  const document = shown.documents[language.value];
  const [method, path] = operation.value.split(" ");
  return { document, method, path, declared: document.paths[path][method.toLowerCase()] };
}

// Whether the operation asks for a credential, and which.
function needs({ document, declared }) {
  if (declared["x-root-only"]) return "root";
  const security = declared.security ?? document.security;
  if (security.some((one) => "accessToken" in one)) return "token";
  return security.length > 0 ? "key" : "";
}

function showOperation() {
  const one = chosen();
  const { document, declared } = one;
  const needed = needs(one);
  summary.textContent = [declared.summary, declared.description].filter(Boolean).join(". ").replaceAll("`", "");
  key.labels[0].textContent = { key: "Test key", token: "Access token", root: "Test key (not enough here)", "": "Test key (not needed here)" }[needed];
  shown.fields = [];
  inputs.replaceChildren();
  for (const parameter of declared.parameters ?? []) {
    const { name, schema = {}, required } = parameter;
    const control = make("input", {
      id: `pg-${parameter.in}-${name}`, type: "text", autocomplete: "off", spellcheck: "false", required: Boolean(required),
      list: parameter.in === "path" && "pg-ids",
    });
    if (parameter.in === "path" && shown.ids.size === 1) control.value = [...shown.ids][0];
    shown.fields.push({ parameter, control });
    const examples = schema.examples ?? schema.enum ?? (schema.anyOf ?? []).flatMap((any) => any.enum ?? any.examples ?? []);
    const hint = [parameter.description, examples.length && `Example: ${examples.slice(0, 4).join(", ")}`];
    inputs.append(labelled(`${name} (${parameter.in}${required ? "" : ", optional"})`, control, hint.filter(Boolean).join(" ")));
  }
  const content = declared.requestBody?.content?.["application/json"];
  if (content) {
    const text = JSON.stringify(content.example ?? exampleOf(content.schema, document), null, 2);
    const control = make("textarea", { id: "pg-body", rows: Math.min(18, text.split("\n").length + 1), spellcheck: "false" });
    control.value = text;
    shown.fields.push({ parameter: { in: "body" }, control });
    inputs.append(labelled("Body (JSON)", control));
  }
  showCurl();
}

// What would be sent: its address here, its headers without the key, and its body.
function request() {
  const { document, method, path } = chosen();
  let filled = path;
  const query = new URLSearchParams();
  const sent = {};
  let body;
  for (const { parameter, control } of shown.fields) {
    const value = control.value.trim();
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, () => encodeURIComponent(value) || `{${parameter.name}}`);
    else if (parameter.in === "body") body = value;
    else if (value && parameter.in === "query") query.append(parameter.name, value);
    else if (value) sent[parameter.name] = value;
  }
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const base = new URL(document.servers?.[0].url ?? "", location.origin).pathname.replace(/\/$/, "");
  const more = query.size ? `?${query}` : "";
  return { method, url: location.origin + base + filled + more, headers: sent, body };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function showCurl() {
  const { method, url, headers: sent, body } = request();
  const parts = [`curl -X ${method} ${quoted(url)}`];
  // The key is never written out: whoever pastes this has it in their shell's environment.
  const needed = needs(chosen());
  if (needed) parts.push(`-H "Authorization: Bearer $${needed === "root" ? "KEYTURN_ROOT_KEY" : variable}"`);
  for (const [name, value] of Object.entries(sent)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) parts.push(`-d ${quoted(body)}`);
  curl.textContent = parts.join(" \\\n  ");
}

function tell(text, kind = "") {
  status.textContent = text;
  status.className = `outcome ${kind}`;
}

async function showLanguage() {
  const place = language.value;
  send.disabled = true;
  // Nothing of the language before may be chosen, or sent as one of this language, while its description is on its way.
  shown.fields = [];
  for (const part of [operation, inputs, summary, curl]) part.replaceChildren();
  try {
    shown.documents[place] ??= await (await fetch(languages[place].document, { credentials: "omit" })).json();
  } catch {
    return tell("The description of this language could not be loaded. Reload the page to try again.", "bad");
  }
  if (place !== language.value) return;
  operation.replaceChildren();
  for (const [path, methods] of Object.entries(shown.documents[place].paths)) {
    for (const [method, declared] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path}`;
      operation.append(make("option", { value: name }, `${name} · ${declared.summary}`));
    }
  }
  send.disabled = false;
  showOperation();
}

function remember(told) {
  for (const one of [told, ...(Array.isArray(told?.data) ? told.data : [])]) {
    if (typeof one?.id === "string") shown.ids.add(one.id);
  }
  known.replaceChildren(...[...shown.ids].reverse().slice(0, 50).map((id) => make("option", { value: id })));
}

async function showAnswer(reply, began) {
  const took = Math.round(performance.now() - began);
  const type = reply.headers.get("content-type") ?? "";
  for (const [name, value] of reply.headers) {
    if (OF_INTEREST.test(name)) headers.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  }
  let text = "";
  if (/json|text|javascript/.test(type)) {
    text = await reply.text();
    try {
      const told = JSON.parse(text);
      remember(told);
      text = JSON.stringify(told, null, 2);
    } catch {
      // It is shown as it came.
    }
  } else if (type) {
    text = `${type}, ${(await reply.arrayBuffer()).byteLength} bytes`;
  }
  answer.textContent = text.length > ANSWER_MAX ? `${text.slice(0, ANSWER_MAX)}\n… cut here` : text;
  answer.hidden = !text;
  tell(`${reply.status} ${reply.statusText} in ${took} ms`, reply.ok ? "good" : "bad");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = key.value.trim();
  const refusal = refusalOf(text, needs(chosen()));
  const empty = shown.fields.find(({ parameter, control }) => parameter.in === "path" && !control.value.trim());
  headers.replaceChildren();
  answer.hidden = true;
  if (refusal) {
    key.focus();
    return tell(refusal, "bad");
  }
  if (empty) {
    empty.control.focus();
    return tell(`${empty.parameter.name} is empty. Nothing was sent.`, "bad");
  }
  const { method, url, headers: sent, body } = request();
  if (LIVE.test(decodeURIComponent(url) + body + JSON.stringify(sent))) return tell(NO_LIVE, "bad");
  if (text) sent.Authorization = `Bearer ${text}`;
  send.disabled = true;
  tell("Sending …");
  try {
    const began = performance.now();
    const signal = AbortSignal.timeout(SECONDS_MAX * 1000);
    // Without the dashboard's cookie: what the key may do is what is shown.
    const how = { credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" };
    await showAnswer(await fetch(url, { method, headers: sent, body, signal, ...how }), began);
  } catch (error) {
    tell(error.name === "TimeoutError" ? `No answer within ${SECONDS_MAX} seconds.` : "The request could not be sent.", "bad");
  } finally {
    send.disabled = false;
  }
});
form.addEventListener("input", showCurl);
operation.addEventListener("change", showOperation);
language.addEventListener("change", showLanguage);
window.addEventListener("pagehide", () => {
  key.value = "";
});
showLanguage();
