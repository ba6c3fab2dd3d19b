// npm install @alicloud/pop-core; export NODE_EXTRA_CA_CERTS=$STRONGROOM_CA_FILE
const { RPCClient } = require('@alicloud/pop-core');

const client = new RPCClient({
  endpoint: `https://${process.env.STRONGROOM_ENDPOINT}`,
  apiVersion: '2016-01-20',
  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
});

client.request('GetSecretValue', { SecretName: process.argv[2] || 'MyDbCreds' }, { method: 'POST' })
  .then((answer) => console.log(answer.SecretData));
