package e2e;

import com.google.gson.Gson;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Tells the runner what a suite did: one line {@code #e2e {json}} for each case. */
final class Suite {
    static final String HARD = "p@ss w0rd+/=&~*!'()\"#?%\n中文😀<&>\\u0041";

    interface Body {
        void run() throws Exception;
    }

    private final String client;
    private int failed;

    Suite(String client) {
        this.client = client;
    }

    void run(String action, String name, Body body) {
        String detail = "";
        try {
            body.run();
        } catch (Throwable error) {
            detail = error + " " + (error.getStackTrace().length > 1 ? error.getStackTrace()[1] : "");
            failed++;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("client", client);
        line.put("action", action);
        line.put("case", name);
        line.put("ok", detail.isEmpty());
        line.put("detail", detail);
        System.out.println("#e2e " + new Gson().toJson(line));
    }

    void finish() {
        System.exit(failed == 0 ? 0 : 1);
    }

    static void equal(Object actual, Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }

    static void holds(boolean fact, String what) {
        if (!fact) {
            throw new AssertionError(what);
        }
    }
}
