// Maven: com.aliyun:kms20160120:1.2.3
import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.GetSecretValueRequest;
import com.aliyun.teaopenapi.models.Config;
import java.nio.file.Files;
import java.nio.file.Path;

public class Read {
    public static void main(String[] args) throws Exception {
        Client client = new Client(new Config()
            .setEndpoint(System.getenv("STRONGROOM_ENDPOINT"))
            .setCa(Files.readString(Path.of(System.getenv("STRONGROOM_CA_FILE"))))
            .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))
            .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")));
        String name = args.length > 0 ? args[0] : "MyDbCreds";
        System.out.println(client.getSecretValue(new GetSecretValueRequest().setSecretName(name)).body.secretData);
    }
}
