"use strict";
// Runs a policy pack of Node as Pulumi's own runner does, with these differences: it serves on a Unix socket, so that the
// pack needs no network; it loads no compiler and no package manager before something uses them, which is most of the time that
// a start takes (see `lazily`); and it notices what a policy did with a resource that its answer does not tell (see `watched`). Started by pack-process.ts: `node run-pack.cjs ENTRY SOCKET`, in the
// pack's folder, with a pipe on descriptor 3 for the word that it serves.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const [entry, socket] = process.argv.slice(2);
process.argv = [process.argv[0], process.argv[1]];

// The host holds the other end of standard input: when it ends, so does the pack.
process.stdin.on("error", () => process.exit(0));
process.stdin.on("close", () => process.exit(0));
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
process.stdin.unref?.();

let isServing = false;
function report(error) {
  console.error(error instanceof Error ? error.stack : String(error));
  if (!isServing) process.exit(1);
}
process.on("uncaughtException", report);
process.on("unhandledRejection", report);

const patched = new WeakSet();
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  if (isSeldomUsed(request, parent)) return lazily(() => load.call(this, request, parent, ...rest));
  const loaded = load.call(this, request, parent, ...rest);
  if (request === "@grpc/grpc-js") once(loaded, serveOnSocket);
  else if (/[/\\]@pulumi[/\\]policy[/\\]/.test(parent?.filename ?? "")) {
    if (request === "./server") once(loaded, watchPolicies);
    if (request === "./proxy") once(loaded, watchProperties);
  }
  return loaded;
};

/** Pulumi's SDK runs stacks and writes closures with these, which a policy pack has no use for. */
function isSeldomUsed(request, parent) {
  if (!/[/\\]@pulumi[/\\]pulumi[/\\]/.test(parent?.filename ?? "")) return false;
  return request === "@npmcli/arborist" || request === "./automation" || /(^|\/)typescript-shim$/.test(request);
}

/** The exports of a module that is loaded when the first of them is asked for. */
function lazily(loadModule) {
  let loaded;
  const exported = () => (loaded ??= loadModule());
  return new Proxy(
    {},
    {
      // As a module of ECMAScript it is taken as it is; others have all their names copied, for which it would be loaded.
      get: (_, key) => (key === "__esModule" ? true : exported()[key]),
      has: (_, key) => key in exported(),
      ownKeys: () => Reflect.ownKeys(exported()),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(exported(), key);
        return found && { ...found, configurable: true };
      },
    },
  );
}

function once(exports, patch) {
  if (patched.has(exports)) return;
  patched.add(exports);
  patch(exports);
}

function serveOnSocket(grpc) {
  const bind = grpc.Server.prototype.bindAsync;
  grpc.Server.prototype.bindAsync = function (_address, credentials, callback) {
    bind.call(this, `unix:${socket}`, credentials, (error, port) => {
      if (!error) {
        isServing = true;
        fs.writeSync(3, "serving\n");
      }
      callback(error, port);
    });
  };
}

/** What policies did with the properties of a resource, by the object that they were given. */
const uses = new WeakMap();
let unknownError;

function watchProperties(proxy) {
  const { UnknownValueError } = proxy;
  const signs = new Set(
    Object.keys(proxy)
      .filter((name) => /^unknown.*Value$/.test(name))
      .map((name) => proxy[name]),
  );
  if (UnknownValueError === undefined || signs.size === 0) return; // a version that we do not know: it stays as it is
  unknownError = UnknownValueError;
  proxy.unknownCheckingProxy = (properties) => {
    const use = { looked: false, unknown: null };
    const watching = checked(properties, [], use);
    if (watching instanceof Object) uses.set(watching, use);
    return watching;
  };

  function checked(value, at, use) {
    if (!(value instanceof Object)) return value;
    return new Proxy(value, {
      get(target, key) {
        if (key === proxy.isSpecialProxy) return true;
        if (key === proxy.getSpecialProxyTarget) return target;
        use.looked = true;
        const found = target[key];
        if (signs.has(found)) throw (use.unknown = new UnknownValueError(found, [...at, key]));
        const own = Object.getOwnPropertyDescriptor(target, key);
        const isFixed = own !== undefined && "value" in own && own.configurable === false && own.writable === false;
        return isFixed ? found : checked(found, [...at, key], use);
      },
      has(target, key) {
        use.looked = true;
        if (signs.has(target[key])) use.unknown = new UnknownValueError(target[key], [...at, key]);
        return Reflect.has(target, key);
      },
      ownKeys(target) {
        use.looked = true;
        return Reflect.ownKeys(target);
      },
    });
  }
}

function watchPolicies(server) {
  const { serve } = server;
  server.serve = (name, version, level, given, ...rest) => {
    const isList = Array.isArray(given); // as older versions have it
    const policies = (isList ? given : (given?.policies ?? [])).map(watched);
    return serve(name, version, level, isList ? policies : { ...given, policies }, ...rest);
  };
}

/**
 * The policy, but that an answer without a violation tells why there is none: a policy that saw only the type of a resource
 * is not applicable to it, and one that saw an unknown value and went on regardless has not decided.
 */
function watched(policy) {
  if (unknownError === undefined || policy === null || typeof policy !== "object") return policy;
  const { validateResource, validateStack } = policy;
  const replaced = {};
  if (typeof validateResource === "function" || Array.isArray(validateResource)) {
    replaced.validateResource = watchedResource(policy, validateResource);
  }
  if (typeof validateStack === "function") replaced.validateStack = watchedStack(policy, validateStack);
  return new Proxy(policy, { get: (target, key) => (Object.hasOwn(replaced, key) ? replaced[key] : target[key]) });
}

function watchedResource(policy, given) {
  const validations = Array.isArray(given) ? given : [given];
  const validate = async (args, reportViolation) => {
    let [violations, applied, unknown, reason] = [0, false, null, undefined];
    const reporting = (...what) => {
      violations++;
      return reportViolation(...what);
    };
    for (const validation of validations) {
      const seen = seeing(args);
      try {
        await validation.call(policy, seen.args, reporting);
        applied ||= seen.looked();
      } catch (error) {
        if (error instanceof unknownError) unknown ??= error;
        else if (seen.notApplicable() === null) throw error;
        else reason = seen.notApplicable();
        applied ||= error instanceof unknownError;
      }
    }
    unknown ??= violations === 0 ? (uses.get(args.props)?.unknown ?? null) : null;
    if (unknown !== null) throw unknown;
    if (!applied && violations === 0)
      args.notApplicable(reason ?? "the policy looked at the type of the resource only");
  };
  if (!Array.isArray(given) && given.__pulumiType !== undefined) validate.__pulumiType = given.__pulumiType;
  return validate;
}

const aboutType = new Set(["type", "isType", "asType", "props", "getConfig", "notApplicable", "stackTags"]);

/** The arguments of one validation, and what it did with them. */
function seeing(args) {
  const use = uses.get(args.props);
  if (use !== undefined) use.looked = false;
  let [looked, reason] = [use === undefined, null];
  const notApplicable = (text) => {
    reason = text ?? "";
    return args.notApplicable(text);
  };
  const watching = new Proxy(args, {
    get(target, key) {
      if (key === "notApplicable") return notApplicable;
      if (!aboutType.has(key)) looked = true;
      return target[key];
    },
  });
  return { args: watching, looked: () => looked || use.looked, notApplicable: () => reason };
}

function watchedStack(policy, validation) {
  const validate = async (args, reportViolation) => {
    let violations = 0;
    await validation.call(policy, args, (...what) => {
      violations++;
      return reportViolation(...what);
    });
    const unknown = args.resources.map(({ props }) => uses.get(props)?.unknown ?? null).find((one) => one !== null);
    if (violations === 0 && unknown !== undefined) throw unknown;
  };
  if (validation.__pulumiType !== undefined) validate.__pulumiType = validation.__pulumiType;
  return validate;
}

/** As Pulumi's runner does, with the compiler that the pack brings or Pulumi's own. */
function registerTypeScript(packRequire) {
  const tsutils = packRequire("@pulumi/pulumi/tsutils");
  const { tsnodeRequire, typescriptRequire } = tsutils.typeScriptRequireStrings();
  const compilerOptions = tsutils.loadTypeScriptCompilerOptions("tsconfig.json");
  packRequire(tsnodeRequire).register({
    typeCheck: true,
    cache: false, // which it would write
    skipProject: !fs.existsSync("tsconfig.json"),
    compiler: typescriptRequire,
    compilerOptions: {
      target: "ES2020",
      module: "commonjs",
      moduleResolution: "node",
      sourceMap: "true",
      ...compilerOptions,
    },
  });
}

async function run() {
  const packRequire = Module.createRequire(path.join(process.cwd(), "index.js"));
  if (/\.[cm]?tsx?$/.test(entry)) registerTypeScript(packRequire);
  const exported = await loadEntry(packRequire);
  await (typeof exported === "function" ? exported() : exported);
}

async function loadEntry(packRequire) {
  try {
    return packRequire(entry);
  } catch (error) {
    if (error?.code === "ERR_REQUIRE_ESM") return import(entry);
    if (error?.code !== "MODULE_NOT_FOUND" || !/'@pulumi\/|"@pulumi\//.test(error.message)) throw error;
    throw new Error(`${error.message.split("\n")[0]}: are the packages of the pack installed? Try: npm install`);
  }
}

run().catch((error) => {
  report(error);
  process.exit(1);
});
