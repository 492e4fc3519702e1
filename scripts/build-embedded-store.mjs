#!/usr/bin/env node
// Makes the empty database of the embedded store once, when the program is built: to make one takes seconds, to unpack it one.
import { PGlite } from "@electric-sql/pglite";
import { writeFileSync } from "node:fs";

const database = await PGlite.create();
const dump = await database.dumpDataDir("gzip");
await database.close();
writeFileSync(new URL("../dist/embedded-store.tar.gz", import.meta.url), Buffer.from(await dump.arrayBuffer()));
