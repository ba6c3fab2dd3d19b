'use strict';
// The default credential chain of @alicloud/credentials: whatever it finds here reads the secret. Usage: chain.js CASE

const assert = require('assert');
const { default: Credential } = require('@alicloud/credentials');
const Core = require('@alicloud/pop-core');
const { Suite } = require('./report');

const env = process.env;

async function main() {
  const suite = new Suite('node credentials');
  const way = process.argv[2];
  await suite.case(way === 'oidc' ? 'AssumeRoleWithOIDC' : 'AssumeRole', `default chain: ${way}`, async () => {
    const found = await new Credential().getCredential();
    assert.ok(found.accessKeyId.startsWith('STS.'));
    const core = new Core({
      accessKeyId: found.accessKeyId,
      accessKeySecret: found.accessKeySecret,
      securityToken: found.securityToken,
      endpoint: `https://${env.STRONGROOM_ENDPOINT}`,
      apiVersion: '2016-01-20',
    });
    const answer = await core.request('GetSecretValue', { SecretName: 'chain/secret' }, { method: 'POST' });
    assert.strictEqual(answer.SecretData, 'open sesame');
  });
  process.exitCode = suite.failed ? 1 : 0;
}

main();
