// Runs last: what the other journeys used as secrets is nowhere to be read.
import { readFileSync } from 'node:fs';

import { LOG, expect, get, keyByScript, query, remembered, retrieve, test } from './support.ts';

/** Everything in the database that can hold text or bytes, the bytes also as they would read. */
async function dump(): Promise<Map<string, string>> {
  const columns = await query<{ schema: string; table: string; column: string; type: string }>(
    `SELECT c.table_schema AS schema, c.table_name AS table, c.column_name AS column, c.udt_name AS type
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN ('pg_catalog', 'information_schema')
       AND c.udt_name IN ('text', '_text', 'varchar', '_varchar', 'bpchar', 'name', 'citext', 'json', 'jsonb', 'bytea', 'xml')`,
  );
  const contents = new Map<string, string>();
  for (const { schema, table, column, type } of columns) {
    const text = type === 'bytea' ? `encode("${column}", 'escape') || ' ' || encode("${column}", 'hex')` : `"${column}"::text`;
    const [row] = await query<{ all: string | null }>(`SELECT string_agg(${text}, E'\\n') AS all FROM "${schema}"."${table}"`);
    contents.set(`${schema}.${table}.${column}`, row?.all ?? '');
  }
  return contents;
}

test('no secret is found in the log, the metrics or the database', async () => {
  // So that there is something to look for, whichever journeys ran before.
  const { key, cookie } = await keyByScript('alice', 'leaks');
  const { text: token } = await retrieve(key);
  const secrets = remembered();
  expect(secrets).toEqual(expect.arrayContaining([key, token, cookie.split('=')[1]]));
  for (const secret of secrets) expect(secret.length, secret).toBeGreaterThanOrEqual(20);

  // The query form puts the key where most programs would log it.
  const original = await get(`/k8stoken?refresh_token=${key}`);
  expect(original.text).toBe(token);

  const places = await dump();
  expect([...places.keys()]).toEqual(
    expect.arrayContaining(['public.retrieval_keys.secret_hash', 'public.logins.cookie_hash', 'public.current_tokens.sealed', 'public.users.username']),
  );
  expect(places.get('public.users.username')).toContain('alice');
  const log = readFileSync(LOG, 'utf8');
  expect(log).toContain('/k8stoken');
  places.set('the log', log);
  const metrics = await get('/metrics');
  expect(metrics.status).toBe(200);
  places.set('/metrics', metrics.text);

  const found: string[] = [];
  for (const secret of secrets) {
    // A token is secret by its signature, a key or a cookie by any longer part of it.
    const part = secret.startsWith('eyJ') ? (secret.split('.')[2] ?? secret) : secret.slice(4);
    for (const [place, text] of places) {
      if (text.includes(part) || text.includes(Buffer.from(part).toString('hex'))) found.push(`${secret.slice(0, 8)}… in ${place}`);
    }
  }
  expect(found).toEqual([]);
});
