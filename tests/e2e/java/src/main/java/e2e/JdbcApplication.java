package e2e;

import com.aliyuncs.kms.secretsmanager.client.SecretCacheClient;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClientBuilder;
import com.aliyuncs.kms.secretsmanager.client.model.RegionInfo;
import com.aliyuncs.kms.secretsmanager.client.model.SecretInfo;
import com.aliyuncs.kms.secretsmanager.client.service.BaseSecretManagerClientBuilder;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.mchange.v2.c3p0.ComboPooledDataSource;
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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An application that queries a database through a managed secret: connection, transaction, close, again and again until
 * its standard input says otherwise or ends; then one line of JSON says what it saw. Arguments: URL, secret name, and for
 * the cloud's own JDBC driver its class and "single" or "pool".
 */
public final class JdbcApplication {
    private static final int ATTEMPTS = 4;
    private static final int POOLED_USES = 50;

    /** Where connections come from. */
    private interface Source {
        Connection connect() throws Exception;
    }

    /** The cloud's JDBC driver, in the class path if somebody has it: the secret is its user, a properties file its settings. */
    private static Source official(String url, String secret, String driver, boolean pooled) throws Exception {
        if (!pooled) {
            Class.forName(driver);
            return () -> DriverManager.getConnection(url, secret, "");
        }
        ComboPooledDataSource pool = new ComboPooledDataSource();
        pool.setDriverClass(driver);
        pool.setJdbcUrl(url);
        pool.setUser(secret);
        pool.setMinPoolSize(2);
        pool.setMaxPoolSize(4);
        pool.setCheckoutTimeout(30_000);
        AtomicInteger uses = new AtomicInteger();
        return () -> {
            // So that new connections are made while the secret is rotated.
            if (uses.incrementAndGet() % POOLED_USES == 0) {
                pool.softResetAllUsers();
            }
            return pool.getConnection();
        };
    }

    /**
     * What that driver does, over the cloud's caching client: the account in the cached secret, and when the database refuses
     * it, the secret is refreshed and tried again, four attempts in all.
     */
    private static final class Cached implements Source {
        private final SecretCacheClient client;
        private final String url;
        private final String secret;

        Cached(String url, String secret) throws Exception {
            Map<String, String> env = System.getenv();
            this.url = url;
            this.secret = secret;
            client = SecretCacheClientBuilder.newCacheClientBuilder(BaseSecretManagerClientBuilder.standard()
                .withAccessKey(env.get("ALIBABA_CLOUD_ACCESS_KEY_ID"), env.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
                .addRegion(new RegionInfo(env.get("STRONGROOM_REGION"), false, env.get("STRONGROOM_ENDPOINT"))).build()).build();
        }

        @Override
        public Connection connect() throws Exception {
            for (int attempt = 1; ; attempt++) {
                SecretInfo info = client.getSecretInfo(secret);
                JsonObject value = new Gson().fromJson(info.getSecretValue(), JsonObject.class);
                try {
                    return DriverManager.getConnection(url, value.get("AccountName").getAsString(),
                        value.get("AccountPassword").getAsString());
                } catch (SQLException error) {
                    if (attempt == ATTEMPTS || !refused(error) || !client.refreshNow(secret)) {
                        throw error;
                    }
                }
            }
        }

        private static boolean refused(SQLException error) {
            return error.getErrorCode() == 1045 || "28P01".equals(error.getSQLState());
        }
    }

    public static void main(String[] args) throws Exception {
        Source source = args.length == 2 ? new Cached(args[0], args[1])
            : official(args[0], args[1], args[2], args[3].equals("pool"));
        long done = 0;
        int changes = 0;
        String newest = null;
        Set<String> accounts = new HashSet<>();
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
                String account = connection.getMetaData().getUserName();
                changes += accounts.add(account) || account.equals(newest) ? 0 : 1;
                newest = account;
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
        seen.put("accounts", accounts.size());
        seen.put("changes", changes);
        System.out.println(new Gson().toJson(seen));
        System.exit(0);
    }
}
