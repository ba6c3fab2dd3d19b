'use strict';
// @alicloud/pop-core under steady load, with an agent that keeps connections alive: four loops write and read back until standard
// input ends. One JSON line tells how many calls were made and what failed. Nothing is retried.

const https = require('https');
const { RPCClient } = require('@alicloud/pop-core');

const env = process.env;
const WORKERS = 4;
const agent = new https.Agent({ keepAlive: true, maxSockets: WORKERS });
const kms = new RPCClient({
  accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
  apiVersion: '2016-01-20',
  endpoint: `https://${env.STRONGROOM_ENDPOINT}`,
  opts: { agent, timeout: 20000 },
});
const call = (action, parameters) => kms.request(action, parameters, { method: 'POST' });
const failures = [];
let calls = 0;
let stop = false;

async function work(SecretName) {
  let version = 0;
  try {
    while (!stop) {
      version += 1;
      const data = { SecretName, VersionId: String(version), SecretData: `value ${version}` };
      await call(version === 1 ? 'CreateSecret' : 'PutSecretValue', data);
      const found = await call('GetSecretValue', { SecretName });
      if (found.SecretData !== data.SecretData) throw new Error(`${found.SecretData} instead of ${data.SecretData}`);
      calls += 2;
    }
  } catch (error) {
    failures.push(`${SecretName} version ${version}: ${error}`);
  }
}

process.stdin.on('end', () => { stop = true; }).resume();
Promise.all(Array.from({ length: WORKERS }, (_, i) => work(`steady/node/${i}`))).then(() => {
  console.log(JSON.stringify({ calls, failures }));
  process.exit(0);
});
