package e2e;

import com.aliyun.credentials.models.CredentialModel;
import com.aliyun.tea.TeaException;
import com.aliyun.tea.TeaModel;
import com.aliyun.teaopenapi.models.Config;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The typed RAM and STS packages and credentials-java as a program to talk to: one call, as JSON, a line on standard input;
 * its answer, a line on standard output (identity/calls.py). Nothing but the packages' own functions is called.
 */
public final class Calls {
    private static final Gson GSON = new Gson();
    private static final Map<String, String> ENV = System.getenv();
    private static final Map<String, String> PACKAGES = Map.of(
        "ram", "com.aliyun.ram20150501", "sts", "com.aliyun.sts20150401", "kms", "com.aliyun.kms20160120");

    private Calls() {}

    private static final class Unknown extends Exception {
        Unknown(String what) {
            super(what);
        }
    }

    private static Object plain(JsonElement element) {
        if (element.isJsonArray()) {
            List<Object> out = new ArrayList<>();
            element.getAsJsonArray().forEach(one -> out.add(plain(one)));
            return out;
        }
        if (element.isJsonObject()) {
            Map<String, Object> out = new LinkedHashMap<>();
            element.getAsJsonObject().entrySet().forEach(one -> out.put(one.getKey(), plain(one.getValue())));
            return out;
        }
        if (element.getAsJsonPrimitive().isBoolean()) {
            return element.getAsBoolean();
        }
        return element.getAsJsonPrimitive().isNumber() ? (Object) element.getAsLong() : element.getAsString();
    }

    private static Object client(String api, JsonArray key) throws Exception {
        Config config = new Config().setAccessKeyId(key.get(0).getAsString()).setAccessKeySecret(key.get(1).getAsString())
            .setEndpoint(ENV.get("STRONGROOM_ENDPOINT")).setProtocol("HTTPS").setRegionId(ENV.get("STRONGROOM_REGION"))
            .setCa(Files.readString(Path.of(ENV.get("STRONGROOM_CA_FILE"))));
        if (!key.get(2).getAsString().isEmpty()) {
            config.setSecurityToken(key.get(2).getAsString());
        }
        return Class.forName(PACKAGES.get(api) + ".Client").getConstructor(Config.class).newInstance(config);
    }

    private static TeaModel request(String api, String action, Map<String, Object> parameters) throws Exception {
        Class<?> model;
        try {
            model = Class.forName(PACKAGES.get(api) + ".models." + action + "Request");
        } catch (ClassNotFoundException none) {
            return null;
        }
        TeaModel request = TeaModel.toModel(parameters, (TeaModel) model.getConstructor().newInstance());
        for (String name : parameters.keySet()) {
            if (!request.toMap().containsKey(name)) {
                throw new Unknown(name);
            }
        }
        return request;
    }

    private static Map<String, Object> callPackage(JsonObject call) throws Exception {
        String api = call.get("api").getAsString();
        String action = call.get("action").getAsString();
        Object client = client(api, call.getAsJsonArray("key"));
        String name = action.substring(0, 1).toLowerCase() + action.substring(1);
        @SuppressWarnings("unchecked")
        Map<String, Object> parameters = (Map<String, Object>) plain(call.get("parameters"));
        TeaModel request = request(api, action, parameters);
        int count = request == null ? 0 : 1;
        Method method = Arrays.stream(client.getClass().getMethods())
            .filter(one -> one.getName().equals(name) && one.getParameterCount() == count).findFirst()
            .orElseThrow(() -> new Unknown(action));
        Object answer = request == null ? method.invoke(client) : method.invoke(client, request);
        return ((TeaModel) answer.getClass().getField("body").get(answer)).toMap();
    }

    private static Map<String, Object> assumeByCredentials(JsonObject call) {
        JsonArray key = call.getAsJsonArray("key");
        JsonObject parameters = call.getAsJsonObject("parameters");
        com.aliyun.credentials.models.Config config = new com.aliyun.credentials.models.Config();
        config.setType("ram_role_arn");
        config.setAccessKeyId(key.get(0).getAsString());
        config.setAccessKeySecret(key.get(1).getAsString());
        config.setRoleArn(parameters.get("RoleArn").getAsString());
        config.setRoleSessionName(parameters.get("RoleSessionName").getAsString());
        config.setSTSEndpoint(ENV.get("STRONGROOM_ENDPOINT"));
        CredentialModel found = new com.aliyun.credentials.Client(config).getCredential();
        return Map.of("AccessKeyId", found.getAccessKeyId(), "AccessKeySecret", found.getAccessKeySecret(), "SecurityToken",
            found.getSecurityToken());
    }

    private static Map<String, Object> answer(JsonObject call) {
        try {
            boolean credentials = call.get("api").getAsString().equals("credentials");
            return Map.of("body", credentials ? assumeByCredentials(call) : callPackage(call));
        } catch (Unknown unknown) {
            return Map.of("unknown", unknown.getMessage());
        } catch (Exception error) {
            Throwable cause = error instanceof InvocationTargetException ? error.getCause() : error;
            String code = cause instanceof TeaException ? ((TeaException) cause).getCode() : cause.getClass().getSimpleName();
            return Map.of("code", String.valueOf(code), "message", String.valueOf(cause.getMessage()));
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(GSON.toJson(answer(GSON.fromJson(line, JsonObject.class))));
        }
    }
}
