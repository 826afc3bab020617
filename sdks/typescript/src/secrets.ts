/** One-time secrets: there to be read by their name, and in nothing that is printed or logged. */

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** As much as the server shows of them, too: `whsec_` and six characters. */
const SHOWN = 12;

/**
 * The same answer, whose secrets `console.log` and `JSON.stringify` show by their beginnings only. Read by name they are
 * whole: `answer.secret`. A copy by `{ ...answer }` is as plain as any object.
 */
export function guarded<T extends object>(answer: T, ...names: (string & keyof T)[]): T {
  const masked = (): object => {
    const shown = { ...answer } as Record<string, unknown>;
    for (const name of names) {
      const secret = shown[name];
      if (typeof secret === "string") shown[name] = `${secret.slice(0, SHOWN)}…`;
    }
    return shown;
  };
  for (const name of [INSPECT, "toJSON"]) Object.defineProperty(answer, name, { value: masked });
  return answer;
}
