package e2e;

import com.aliyuncs.kms.secretsmanager.client.SecretCacheClient;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClientBuilder;
import com.aliyuncs.kms.secretsmanager.client.model.RegionInfo;
import com.aliyuncs.kms.secretsmanager.client.model.SecretInfo;
import com.aliyuncs.kms.secretsmanager.client.service.BaseSecretManagerClientBuilder;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An application that queries a database through a managed secret: connection, transaction, close, again and again until
 * its standard input says otherwise or ends; then one line of JSON says what it saw. Arguments: JDBC URL, secret name.
 *
 * <p>It does what the cloud's JDBC library does over its caching client: the account in the cached secret, and when the
 * database refuses it, the secret is refreshed and tried again, four attempts in all.
 */
public final class JdbcApplication {
    private static final int ATTEMPTS = 4;

    private static final class Cached {
        private final SecretCacheClient client;
        private final String url;
        private final String secret;
        private final Set<String> accounts = new HashSet<>();
        private int refreshed;

        Cached(String url, String secret) throws Exception {
            Map<String, String> env = System.getenv();
            this.url = url;
            this.secret = secret;
            client = SecretCacheClientBuilder.newCacheClientBuilder(BaseSecretManagerClientBuilder.standard()
                .withAccessKey(env.get("ALIBABA_CLOUD_ACCESS_KEY_ID"), env.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
                .addRegion(new RegionInfo(env.get("STRONGROOM_REGION"), false, env.get("STRONGROOM_ENDPOINT"))).build()).build();
        }

        Connection connect() throws Exception {
            for (int attempt = 1; ; attempt++) {
                SecretInfo info = client.getSecretInfo(secret);
                JsonObject value = new Gson().fromJson(info.getSecretValue(), JsonObject.class);
                String account = value.get("AccountName").getAsString();
                try {
                    Connection connection = DriverManager.getConnection(url, account, value.get("AccountPassword").getAsString());
                    accounts.add(account);
                    return connection;
                } catch (SQLException error) {
                    if (attempt == ATTEMPTS || !refused(error) || !client.refreshNow(secret)) {
                        throw error;
                    }
                    refreshed++;
                }
            }
        }

        private static boolean refused(SQLException error) {
            return error.getErrorCode() == 1045 || "28P01".equals(error.getSQLState());
        }
    }

    public static void main(String[] args) throws Exception {
        Cached source = new Cached(args[0], args[1]);
        long done = 0;
        List<String> failures = new ArrayList<>();
        AtomicBoolean ending = new AtomicBoolean();
        Thread listener = new Thread(() -> {
            try {
                System.in.read();
            } catch (IOException error) {
                // As good as its end.
            }
            ending.set(true);
        });
        listener.setDaemon(true);
        listener.start();
        while (!ending.get()) {
            try (Connection connection = source.connect(); Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM items")) {
                    rows.next();
                }
                connection.commit();
                if (++done == 1) {
                    System.out.println("started");
                }
            } catch (Exception error) {
                failures.add(error + " " + error.getCause());
            }
        }
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("transactions", done);
        seen.put("failures", failures);
        seen.put("accounts", source.accounts.size());
        seen.put("refreshed", source.refreshed);
        System.out.println(new Gson().toJson(seen));
        System.exit(0);
    }
}
