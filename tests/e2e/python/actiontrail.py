"""alibabacloud-actiontrail20200706: LookupEvents over management events and secret reads."""

import datetime
import os
import uuid

from alibabacloud_actiontrail20200706 import models as trail
from alibabacloud_actiontrail20200706.client import Client as Trail
from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_tea_openapi.models import Config

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import RAM, Wire

NAME = "trail-" + uuid.uuid4().hex[:8]


def config():
    return Config(endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https", ca=os.environ["STRONGROOM_CA_FILE"],
                  region_id=os.environ["STRONGROOM_REGION"], access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                  access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])


def filters(**wanted):
    return [trail.LookupEventsRequestLookupAttribute(key=key, value=value) for key, value in wanted.items()]


def lookup(client, wanted, **more):
    return client.lookup_events(trail.LookupEventsRequest(lookup_attribute=filters(**wanted), **more)).body


def at_once(client, count, **wanted):
    """What was answered is found, without a wait: an answer that leaves it out would be false assurance."""
    found = lookup(client, wanted).events
    assert len(found) >= count, f"{len(found)} of {count} events"
    return found


def main():
    suite, client, service = Suite("python actiontrail20200706"), Trail(config()), Kms(config())
    service.create_secret(kms.CreateSecretRequest(secret_name=NAME, version_id="v1", secret_data="never in a log"))
    for _ in range(3):
        service.get_secret_value(kms.GetSecretValueRequest(secret_name=NAME))
    with suite.case("LookupEvents", "every call on a secret, the newest first"):
        events = at_once(client, 4, ResourceName=NAME)
        # The commit's record may join after the reads.
        equal(sorted(e["eventName"] for e in events), ["CreateSecret"] + ["GetSecretValue"] * 3)
        assert "never in a log" not in repr(events)
    with suite.case("LookupEvents", "an event in the documented form"):
        event = lookup(client, {"EventName": "CreateSecret", "ResourceName": NAME}).events[0]
        equal((event["eventVersion"], event["eventRW"], event["serviceName"], event["apiVersion"]),
              (1, "Write", "Kms", "2016-01-20"))
        equal(event["requestParameters"], {"SecretName": NAME, "VersionId": "v1"})
        equal((event["resourceType"], event["resourceName"]), ("ACS::KMS::Secret", NAME))
        identity = event["userIdentity"]
        equal((identity["type"], identity["userName"], identity["accountId"]),
              ("root-account", "root", os.environ["STRONGROOM_ACCOUNT_ID"]))
        equal(event["eventId"], event["requestId"])
        datetime.datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
    with suite.case("LookupEvents", "filters"):
        equal({e["eventName"] for e in lookup(client, {"EventRW": "Write", "ResourceName": NAME}).events}, {"CreateSecret"})
        key = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
        assert lookup(client, {"EventAccessKeyId": key, "ServiceName": "Kms"}).events
        equal(lookup(client, {"User": "nobody-of-that-name"}).events, [])
        equal(lookup(client, {"ServiceName": "kms"}).events, [])
    with suite.case("LookupEvents", "pages join up"):
        seen, token = [], None
        while True:
            page = lookup(client, {"ResourceName": NAME}, max_results="2", next_token=token)
            seen += [e["eventId"] for e in page.events]
            token = page.next_token
            if not token:
                break
        equal(len(seen), 4)
        equal(len(set(seen)), 4)
    with suite.case("LookupEvents", "a time without calls"):
        body = lookup(client, {"ResourceName": NAME}, start_time="2020-01-01T00:00:00Z", end_time="2020-02-01T00:00:00Z")
        equal((body.events, body.start_time, body.end_time), ([], "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"))
    with suite.case("LookupEvents", "each resource of one call"):
        pair = [NAME + "-a", NAME + "-b"]
        for name in pair:
            service.create_secret(kms.CreateSecretRequest(secret_name=name, version_id="v1", secret_data="x"))
        service.tag_resources(kms.TagResourcesRequest(region_id=os.environ["STRONGROOM_REGION"], resource_type="secret",
                                                      resource_id=pair, tag=[kms.TagResourcesRequestTag(key="a", value="b")]))
        for name in pair:
            equal(len(at_once(client, 1, EventName="TagResources", ResourceName=name)), 1)
        wire, policy = Wire.from_env(os.environ), "AliyunKMSReadOnlyAccess"
        wire.ok("CreateUser", {"UserName": NAME}, version=RAM)
        given = {"UserName": NAME, "PolicyType": "System", "PolicyName": policy}
        wire.ok("AttachPolicyToUser", given, version=RAM)
        for name, kind in ((NAME, "ACS::RAM::User"), (policy, "ACS::RAM::Policy")):
            equal(at_once(client, 1, EventName="AttachPolicyToUser", ResourceName=name)[0]["resourceType"], kind)
        wire.ok("DetachPolicyFromUser", given, version=RAM)
        wire.ok("DeleteUser", {"UserName": NAME}, version=RAM)
    with suite.case("LookupEvents", "a filter that does not exist"):
        try:
            lookup(client, {"Colour": "red"})
        except Exception as error:
            equal(error.code, "InvalidParameter")
        else:
            raise AssertionError("accepted")
    suite.finish()


main()
