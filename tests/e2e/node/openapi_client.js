'use strict';
// @alicloud/openapi-client: the generic core of the current SDKs. ACS3-HMAC-SHA256; parameters in the query, a form body
// and a JSON body each run the whole life.

const fs = require('fs');
const assert = require('assert');
const openapi = require('@alicloud/openapi-client');
const util = require('@alicloud/tea-util');
const { Life } = require('./lifecycle');

const Client = openapi.default;
const env = process.env;
const ca = fs.readFileSync(env.STRONGROOM_CA_FILE, 'utf8');

class Adapter {
  constructor(place, version = '2016-01-20', config = {}) {
    this.client = 'node openapi-client';
    this.place = place;
    this.version = version;
    this.sdk = new Client(new openapi.Config({
      accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
      accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      endpoint: env.STRONGROOM_ENDPOINT,
      // Making an RSA key on a busy machine takes longer than the client waits by itself.
      connectTimeout: 60000,
      readTimeout: 60000,
      ...config,
    }));
  }

  knows() { return true; }

  async call(action, parameters) {
    const params = new openapi.Params({
      action, version: this.version, protocol: 'HTTPS', pathname: '/', method: 'POST', authType: 'AK', style: 'RPC',
      reqBodyType: this.place === 'json' ? 'json' : 'formData', bodyType: 'json',
    });
    const texts = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    const request = new openapi.OpenApiRequest(this.place === 'query' ? { query: texts } : { body: texts });
    const answer = await this.sdk.callApi(params, request, new util.RuntimeOptions({ ca }));
    assert.strictEqual(answer.statusCode, 200);
    return answer.body;
  }

  code(error) { return error.code; }
}

async function main() {
  let failed = 0;
  for (const [place, config] of [['query', {}], ['form', {}], ['json', {}], ['query', { signatureAlgorithm: 'v2' }],
    ['query', { signatureAlgorithm: 'ACS3-HMAC-SM3' }]]) {
    const life = new Life(new Adapter(place, '2016-01-20', config));
    await life.run();
    failed += life.suite.failed;
  }
  const life = new Life(new Adapter('query'));
  await life.suite.case('GetCallerIdentity', 'over ACS3', async () => {
    const answer = await new Adapter('query', '2015-04-01').call('GetCallerIdentity', {});
    assert.strictEqual(answer.AccountId, env.STRONGROOM_ACCOUNT_ID);
    assert.strictEqual(typeof answer.PrincipalId, 'string');
  });
  process.exitCode = failed + life.suite.failed ? 1 : 0;
}

main();
