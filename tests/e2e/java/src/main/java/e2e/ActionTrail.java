package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.actiontrail20200706.Client;
import com.aliyun.actiontrail20200706.models.LookupEventsRequest;
import com.aliyun.actiontrail20200706.models.LookupEventsRequest.LookupEventsRequestLookupAttribute;
import com.aliyun.actiontrail20200706.models.LookupEventsResponseBody;
import com.aliyun.kms20160120.models.CreateSecretRequest;
import com.aliyun.kms20160120.models.GetSecretValueRequest;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The typed Java SDK of ActionTrail, unmodified: RPC signature version 1, POST, parameters in a form. */
public final class ActionTrail {
    private static final Map<String, String> ENV = System.getenv();
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";
    private static final int WAIT_MILLIS = 10_000;

    private final Suite suite = new Suite("java actiontrail20200706");
    private final String name = "trail-java-" + UUID.randomUUID().toString().substring(0, 8);
    private final Client client = new Client(new Config()
        .setAccessKeyId(ENV.get("ALIBABA_CLOUD_ACCESS_KEY_ID")).setAccessKeySecret(ENV.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
        .setEndpoint(ENV.get("STRONGROOM_ENDPOINT")).setProtocol("HTTPS").setRegionId(ENV.get("STRONGROOM_REGION"))
        .setCa(Files.readString(Path.of(ENV.get("STRONGROOM_CA_FILE")))));

    private ActionTrail() throws Exception {}

    private LookupEventsResponseBody lookup(LookupEventsRequest request, String... filters) throws Exception {
        List<LookupEventsRequestLookupAttribute> attributes = new ArrayList<>();
        for (int i = 0; i < filters.length; i += 2) {
            attributes.add(new LookupEventsRequestLookupAttribute().setKey(filters[i]).setValue(filters[i + 1]));
        }
        return client.lookupEvents(request.setLookupAttribute(attributes)).body;
    }

    /** A record joins the log within a second. */
    private List<Map<String, ?>> until(int count, String... filters) throws Exception {
        long deadline = System.currentTimeMillis() + WAIT_MILLIS;
        while (true) {
            List<Map<String, ?>> found = lookup(new LookupEventsRequest(), filters).events;
            if (found.size() >= count || System.currentTimeMillis() > deadline) {
                return found;
            }
            Thread.sleep(100);
        }
    }

    private void prepare() throws Exception {
        com.aliyun.kms20160120.Client service = Kms20160120.client(ENV.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
        service.createSecret(new CreateSecretRequest().setSecretName(name).setVersionId("v1").setSecretData("never in a log"));
        for (int i = 0; i < 3; i++) {
            service.getSecretValue(new GetSecretValueRequest().setSecretName(name));
        }
    }

    private void look() {
        suite.run("LookupEvents", "every call on a secret", () -> {
            List<Map<String, ?>> events = until(4, "ResourceName", name);
            equal(events.size(), 4, "events");
            equal(events.stream().filter(e -> "GetSecretValue".equals(e.get("eventName"))).count(), 3L, "reads");
            holds(!events.toString().contains("never in a log"), "a value is in an event");
        });
        suite.run("LookupEvents", "an event in the documented form", () -> {
            Map<String, ?> event = lookup(new LookupEventsRequest(), "EventName", "CreateSecret", "ResourceName", name)
                .events.get(0);
            Map.of("eventRW", "Write", "serviceName", "Kms", "apiVersion", "2016-01-20", "resourceType", "ACS::KMS::Secret",
                "resourceName", name).forEach((field, value) -> equal(event.get(field), value, field));
            Map<?, ?> identity = (Map<?, ?>) event.get("userIdentity");
            equal(identity.get("type"), "root-account", "type");
            equal(identity.get("accountId"), ENV.get("STRONGROOM_ACCOUNT_ID"), "account");
            holds(event.get("eventTime").toString().matches(TIME), "eventTime");
        });
        suite.run("LookupEvents", "filters", () -> {
            holds(lookup(new LookupEventsRequest(), "EventRW", "Write", "ResourceName", name).events.stream()
                .allMatch(e -> "CreateSecret".equals(e.get("eventName"))), "writes");
            equal(lookup(new LookupEventsRequest(), "User", "nobody-of-that-name").events.size(), 0, "nobody's");
        });
    }

    private void page() {
        suite.run("LookupEvents", "pages join up", () -> {
            Set<Object> seen = new HashSet<>();
            String token = null;
            do {
                LookupEventsResponseBody body = lookup(new LookupEventsRequest().setMaxResults("2").setNextToken(token),
                    "ResourceName", name);
                body.events.forEach(event -> seen.add(event.get("eventId")));
                token = body.nextToken;
            } while (token != null && !token.isEmpty());
            equal(seen.size(), 4, "events");
        });
        suite.run("LookupEvents", "a time without calls", () -> {
            LookupEventsResponseBody body = lookup(new LookupEventsRequest().setStartTime("2020-01-01T00:00:00Z")
                .setEndTime("2020-02-01T00:00:00Z"), "ResourceName", name);
            equal(body.events.size(), 0, "events");
            equal(body.startTime, "2020-01-01T00:00:00Z", "StartTime");
        });
        suite.run("LookupEvents", "a filter that does not exist", () -> {
            try {
                lookup(new LookupEventsRequest(), "Colour", "red");
            } catch (TeaException error) {
                equal(error.getCode(), "InvalidParameter", "code");
                return;
            }
            throw new AssertionError("accepted");
        });
    }

    public static void main(String[] arguments) throws Exception {
        ActionTrail trail = new ActionTrail();
        trail.prepare();
        trail.look();
        trail.page();
        trail.suite.finish();
    }
}
