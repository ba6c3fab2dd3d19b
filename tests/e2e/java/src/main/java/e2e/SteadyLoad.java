package e2e;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.*;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The typed Java SDK under steady load, its connections kept alive: four threads write and read back until standard input ends.
 * One JSON line tells how many calls were made and what failed. Nothing is retried.
 */
public final class SteadyLoad {
    private static final int WORKERS = 4;
    private static final AtomicBoolean STOP = new AtomicBoolean();
    private static final AtomicLong CALLS = new AtomicLong();
    private static final List<String> FAILURES = Collections.synchronizedList(new ArrayList<>());

    private SteadyLoad() {}

    private static void round(Client sdk, String name, int version) throws Exception {
        String value = "value " + version;
        String id = Integer.toString(version);
        if (version == 1) {
            sdk.createSecret(new CreateSecretRequest().setSecretName(name).setVersionId(id).setSecretData(value));
        } else {
            sdk.putSecretValue(new PutSecretValueRequest().setSecretName(name).setVersionId(id).setSecretData(value));
        }
        String found = sdk.getSecretValue(new GetSecretValueRequest().setSecretName(name)).body.secretData;
        if (!found.equals(value)) {
            throw new AssertionError(found + " instead of " + value);
        }
        CALLS.addAndGet(2);
    }

    private static void work(String name) {
        int version = 0;
        try {
            Client sdk = Kms20160120.client(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
            while (!STOP.get()) {
                round(sdk, name, ++version);
            }
        } catch (Throwable error) {
            FAILURES.add("\"" + (name + " version " + version + ": " + error).replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"");
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            String name = "steady/java/" + i;
            threads.add(new Thread(() -> work(name)));
            threads.get(i).start();
        }
        while (System.in.read() >= 0) {
            continue;
        }
        STOP.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println("{\"calls\": " + CALLS + ", \"failures\": [" + String.join(", ", FAILURES) + "]}");
        System.exit(0);
    }
}
