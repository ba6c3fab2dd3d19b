# pip install alibabacloud-kms20160120
import os
import sys

from alibabacloud_kms20160120 import models
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.models import Config

client = Client(Config(
    endpoint=os.environ["STRONGROOM_ENDPOINT"],
    ca=os.environ["STRONGROOM_CA_FILE"],
    access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
))
name = sys.argv[1] if len(sys.argv) > 1 else "MyDbCreds"
answer = client.get_secret_value(models.GetSecretValueRequest(secret_name=name))
print(answer.body.secret_data)
