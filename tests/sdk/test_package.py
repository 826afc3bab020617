"""The npm package as it is published: what is in it, how big that is, and that every kind of project can use it."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.client.quickstart import run
from tests.running import clean_environment
from tests.sdk.packing import NAME, SDK, compile_strictly, readme_commands, unpacked

# What somebody loads, minified and compressed: an import of the whole client, and one of the verification of webhooks.
CLIENT_BYTES_MAX = 11_500
WEBHOOKS_BYTES_MAX = 2_000
# The tarball, nearly all of which is types.
TARBALL_BYTES_MAX = 150_000

# A class of NestJS's kind: decorated, injected by the type of a parameter, which the compiler writes down at run time.
SERVICE = """\
import { CheckoutClient, NotFoundError, type CheckoutSession } from "tillgate-client";
import { verifyWebhook, WebhookVerificationError } from "tillgate-client/webhooks";

type Class = new (...given: never[]) => object;
const injected = new Map<unknown, unknown>();
(Reflect as unknown as Record<string, unknown>)["metadata"] = (name: string, value: unknown) => (target: unknown) => {
  if (name === "design:paramtypes") injected.set(target, value);
};
function Injectable() {
  return (_target: Class): void => {};
}

@Injectable()
export class CheckoutService {
  constructor(private readonly checkout: CheckoutClient) {}
  async find(id: string): Promise<CheckoutSession | null> {
    try {
      return await this.checkout.checkoutSessions.retrieve(id);
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      throw error;
    }
  }
}

const said = { error: { type: "not_found", code: "not_found", message: "No." } };
const fetch = async () => Response.json(said, { status: 404 });
const service = new CheckoutService(new CheckoutClient({ apiKey: "ck_test_x", baseUrl: "https://a.b", fetch }));
async function main(): Promise<void> {
  const refused = await verifyWebhook({ payload: "{}", signature: null, secret: "whsec_x" }).catch((error) => error);
  console.log(
    await service.find("cs_1"),
    (injected.get(CheckoutService) as unknown[] | undefined)?.[0] === CheckoutClient,
    refused instanceof WebhookVerificationError && refused.reason,
  );
}
void main();
"""
# How projects find packages, and what their files are compiled to. `esModuleInterop` must make no difference. Checking
# the declarations themselves takes the compiler longest, and once for each kind of file is enough.
UNCHECKED = "--skipLibCheck"
PROJECTS = {
    "node16, CommonJS": ("commonjs", "--module", "node16", "--esModuleInterop", "false", UNCHECKED),
    "nodenext, CommonJS": ("commonjs", "--module", "nodenext"),
    "nodenext, modules": ("module", "--module", "nodenext"),
    "bundler": ("module", "--module", "esnext", "--moduleResolution", "bundler", UNCHECKED),
    **{
        f"NestJS, interop {interop}": ("commonjs", "--module", "commonjs", "--esModuleInterop", interop, UNCHECKED)
        for interop in ("true", "false")
    },
}


@pytest.mark.parametrize("project", PROJECTS)
def test_a_decorated_service_compiles_and_runs_in_every_kind_of_project(
    tarball: Path, tmp_path: Path, project: str
) -> None:
    """Injected by its type, as NestJS does; errors are the same classes in both entries."""
    kind, *options = PROJECTS[project]
    unpacked(tarball, tmp_path)
    (tmp_path / "package.json").write_text(json.dumps({"type": kind}))
    (tmp_path / "service.ts").write_text(SERVICE)
    decorated = ["--experimentalDecorators", "--emitDecoratorMetadata", "--lib", "es2023"]
    compile_strictly(tmp_path, *options, *decorated, files=["service.ts"])
    code = (tmp_path / "service.js").read_text()
    assert ('require("tillgate-client")' in code) is (kind == "commonjs")
    assert run(["node", "service.js"], {}, tmp_path) == "null true signature_missing\n"


def test_require_and_import_give_the_same_names(tarball: Path, tmp_path: Path) -> None:
    """From both entries, by Node itself."""
    unpacked(tarball, tmp_path)
    program = """
        for (const entry of ["tillgate-client", "tillgate-client/webhooks"]) {
          const names = Object.keys(await import(entry)).sort();
          console.log(names.length > 2, names.join() === Object.keys(require(entry)).sort().join());
        }
        console.log(require("tillgate-client").NotFoundError === require("tillgate-client/errors"));
    """
    common = f"(async () => {{ {program} }})().catch((error) => console.log(error.code))"
    assert run(["node", "-e", common], {}, tmp_path) == "true true\ntrue true\nERR_PACKAGE_PATH_NOT_EXPORTED\n"


def test_the_package_is_installed_as_its_readme_says(tarball: Path, tmp_path: Path) -> None:
    """From the folder that its two commands built, and under another name; `npm install NAME` asks the registry."""
    _, _, install = readme_commands()
    (tmp_path / "sdks").symlink_to(tarball.parent / "sdks")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    offline = ["--offline", "--install-links", "--no-audit", "--no-fund"]
    run([*install.split(), *offline], {}, tmp_path)
    [other] = re.findall(r"`(npm install \S+@npm:\S+)`", (SDK / "README.md").read_text("utf-8"))
    run([*other.replace(f"npm:{NAME}", f"file:{tarball}").split(), *offline], {}, tmp_path)
    for name in (NAME, "@your-org/checkout-sdk"):
        program = f'import {{ CheckoutClient }} from "{name}"; console.log(typeof CheckoutClient)'
        assert run(["node", "--input-type=module", "-e", program], {}, tmp_path) == "function\n"


def test_the_tools_of_publishers_find_no_fault(sdk: Path, tarball: Path, tmp_path: Path) -> None:
    """publint reads the manifest and the files, attw resolves the types as each kind of project does."""
    bin_ = sdk / "node_modules" / ".bin"
    printed = run([bin_ / "publint", "run", tarball, "--strict"], {}, tmp_path)
    assert "All good!" in printed
    found = subprocess.run(
        [bin_ / "attw", tarball, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        env=clean_environment(),
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    analysis = json.loads(found.stdout)["analysis"]
    assert analysis["problems"] == []
    assert {".", "./webhooks"} <= analysis["entrypoints"].keys()


def test_the_main_entry_imports_nothing_of_nodes(tarball: Path, tmp_path: Path) -> None:
    """The files that are built import one another and nothing else, and name no global that Node alone has."""
    package = unpacked(tarball, tmp_path)
    for kind, pattern in (
        ("esm", r'\bfrom\s*["\']([^"\']+)["\']|\bimport\s*\(?\s*["\']([^"\']+)'),
        ("cjs", r'require\(["\']([^"\']+)'),
    ):
        files = {path.name: path.read_text("utf-8") for path in (package / "dist" / kind).glob("*.js")}
        assert set(files) == {"index.js", "webhooks.js", "shared.js"}
        imported = {
            name for code in files.values() for found in re.finditer(pattern, code) for name in found.groups() if name
        }
        assert imported == {"./webhooks.js", "./shared.js"}
        for code in files.values():
            bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", code, flags=re.S)
            assert not re.search(
                r"\b(Buffer|__dirname|setImmediate|process\.(?!env\b))", bare.replace("process?.env", "")
            )


def bundled(project: Path, entry: str) -> str:
    """What a bundler makes of a program, minified, for a browser."""
    (project / "entry.js").write_text(entry)
    (project / "bundle.mjs").write_text(f"""
        import {{ build }} from "{(SDK / "node_modules/vite/dist/node/index.js").as_uri()}";
        const lib = {{ entry: "entry.js", formats: ["es"], fileName: "out" }};
        const into = {{ lib, minify: "esbuild", outDir: "out" }};
        await build({{ root: ".", configFile: false, logLevel: "error", build: into }});
    """)
    (project / "package.json").write_text('{"type": "module"}')
    run(["node", "bundle.mjs"], {}, project)
    [made] = (project / "out").glob("out*js")
    return made.read_text("utf-8")


@pytest.mark.parametrize("entry", [NAME, f"{NAME}/webhooks"])
def test_who_verifies_webhooks_only_bundles_none_of_the_client(tarball: Path, tmp_path: Path, entry: str) -> None:
    """From either entry; the sizes are printed, and bounded."""
    unpacked(tarball, tmp_path)
    code = bundled(tmp_path, f'export {{ verifyWebhook }} from "{entry}";')
    size = len(gzip.compress(code.encode()))
    print(f"verifyWebhook of {entry}: {len(code):,} bytes minified, {size:,} compressed")
    assert "X-Webhook-Signature" in code and "timestamp_out_of_tolerance" in code
    assert not [word for word in ("/api/v1", "checkout_sessions", "Retry-After", "Bearer") if word in code]
    assert size <= WEBHOOKS_BYTES_MAX


def test_the_whole_client_is_small(tarball: Path, tmp_path: Path) -> None:
    """Minified, compressed, and as a download with its types."""
    unpacked(tarball, tmp_path)
    code = bundled(tmp_path, f'export * from "{NAME}";')
    size, download = len(gzip.compress(code.encode())), tarball.stat().st_size
    print(f"the client: {len(code):,} bytes minified, {size:,} compressed; the tarball: {download:,}")
    assert size <= CLIENT_BYTES_MAX and download <= TARBALL_BYTES_MAX


def test_the_package_needs_nothing_and_its_lock_names_no_registry(sdk: Path) -> None:
    """No dependency at run time; what the tests need is locked by hash and by nobody's mirror."""
    package = json.loads((sdk / "package.json").read_text())
    assert package["name"] == NAME and "private" not in package
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & package.keys()
    lock = json.loads((sdk / "package-lock.json").read_text())
    for name, locked in lock["packages"].items():
        if name:
            assert "resolved" not in locked, name
            assert locked["integrity"].startswith("sha512-"), name
    used = [path.read_text("utf-8") for path in (sdk / "src").rglob("*.ts")]
    assert {found for text in used for found in re.findall(r'from "([^."][^"]*)"', text)} == set()
