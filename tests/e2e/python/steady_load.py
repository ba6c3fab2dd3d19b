"""alibabacloud-kms20160120 under steady load: four threads write and read back until standard input ends. One JSON line tells
how many calls were made and what failed. Nothing is retried.
"""

import json
import sys
import threading

from alibabacloud_kms20160120 import models

from kms20160120 import make_client

WORKERS = 4
stop = threading.Event()
lock = threading.Lock()
calls, failures = 0, []


def work(name):
    global calls
    sdk, version = make_client(), 0
    try:
        while not stop.is_set():
            version += 1
            if version == 1:
                sdk.create_secret(models.CreateSecretRequest(secret_name=name, version_id="1", secret_data="value 1"))
            else:
                sdk.put_secret_value(models.PutSecretValueRequest(secret_name=name, version_id=str(version),
                                                                  secret_data=f"value {version}"))
            found = sdk.get_secret_value(models.GetSecretValueRequest(secret_name=name)).body
            assert found.secret_data == f"value {version}", f"{found.secret_data} instead of value {version}"
            with lock:
                calls += 2
    except Exception as error:  # noqa: BLE001
        failures.append(f"{name} version {version}: {error!r}")


threads = [threading.Thread(target=work, args=(f"steady/python/{i}",)) for i in range(WORKERS)]
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
print(json.dumps({"calls": calls, "failures": failures}))
