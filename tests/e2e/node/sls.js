'use strict';
// @alicloud/log: GetLogs over kms_audit_log; and LookupEvents through the generic client.

const assert = require('assert');
const Client = require('@alicloud/log');
const { RPCClient } = require('@alicloud/pop-core');
const { Suite } = require('./report');

const env = process.env;
const NAME = `sls-node-${Date.now()}`;
const STORE = 'kms_audit_log';
const post = { method: 'POST', timeout: 20000 };

function rpc(apiVersion) {
  return new RPCClient({ accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    apiVersion, endpoint: `https://${env.STRONGROOM_ENDPOINT}` });
}

function logs(secret = env.ALIBABA_CLOUD_ACCESS_KEY_SECRET) {
  return new Client({ accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: secret,
    endpoint: `https://${env.STRONGROOM_ENDPOINT}` });
}

// Without a project's name in front of the host: loopback has no names below it.
function ask(query, more = {}, client = logs()) {
  const now = Date.now();
  return client.getLogs('', STORE, new Date(now - 3600e3), new Date(now + 60e3), { query, ...more });
}

async function until(count, question) {
  const deadline = Date.now() + 10000;
  for (;;) {
    const found = await question();
    if (found.length >= count || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function main() {
  const suite = new Suite('node @alicloud/log');
  const kms = rpc('2016-01-20');
  await kms.request('CreateSecret', { SecretName: NAME, VersionId: 'v1', SecretData: 'never in a log' }, post);
  await kms.request('GetSecretValue', { SecretName: NAME }, post);
  await suite.case('GetLogs', 'records of a secret', async () => {
    const found = await until(2, () => ask(`resource_id: ${NAME}`, { line: 10, offset: 0, reverse: true }));
    assert.deepStrictEqual(found.map((r) => r.api_name).sort(), ['CreateSecret', 'GetSecretValue']);
    assert.ok(found.every((r) => r.access_key_id === env.ALIBABA_CLOUD_ACCESS_KEY_ID && /^\d+$/.test(r.__time__)));
    assert.ok(!JSON.stringify(found).includes('never in a log'));
  });
  await suite.case('GetLogs', 'a wrong secret', async () => {
    await assert.rejects(ask('*', {}, logs('wrong')), (error) => error.code === 'SignatureNotMatch');
  });
  await suite.case('LookupEvents', 'through the generic client', async () => {
    const found = await until(2, async () => (await rpc('2020-07-06').request('LookupEvents',
      { 'LookupAttribute.1.Key': 'ResourceName', 'LookupAttribute.1.Value': NAME }, post)).Events);
    assert.deepStrictEqual(found.map((e) => e.eventName).sort(), ['CreateSecret', 'GetSecretValue']);
  });
  process.exit(suite.failed ? 1 : 0);
}

main();
