#!/usr/bin/env node
// Makes the empty database of the embedded store once, with its tables, when the program is built: to make one takes seconds, to
// unpack it less than one.
import { PGlite } from "@electric-sql/pglite";
import { writeFileSync } from "node:fs";
import { migrate } from "../dist/src/store/migrate.js";
import { pgliteDatabase } from "../dist/src/store/pglite.js";

const pglite = await PGlite.create();
const database = pgliteDatabase(pglite, "the embedded store that is built");
await migrate(database);
// Each database gives its audit trail a name of its own when it is opened first.
await database.transaction(async (session) => {
  await session.query("set local session_replication_role = replica");
  await session.query("update audit_head set trail = ''");
});
await database.script("checkpoint");
const dump = await pglite.dumpDataDir("gzip");
await pglite.close();
writeFileSync(new URL("../dist/embedded-store.tar.gz", import.meta.url), Buffer.from(await dump.arrayBuffer()));
