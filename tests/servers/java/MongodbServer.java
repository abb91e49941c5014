// What tests/servers/mongodb starts: mongo-java-server on loopback, its data in a file. What was acknowledged was written to the
// kernel before, so that it survives a kill. A second server keeps its data in memory, which is faster: for tests of many rows.
// Arguments: file, port, port of the one in memory, and for TLS one more port, a certificate and its key.
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.h2.mvstore.MVStore;

public class MongodbServer {
  static PrivateKey key(String file) throws Exception {
    String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  public static void main(String[] arguments) throws Exception {
    MVStore store = new MVStore.Builder().fileName(arguments[0]).autoCommitDisabled().open();
    H2Backend backend = new H2Backend(store) {
      @Override
      public synchronized Document handleMessage(MongoMessage message) {
        Document answer = super.handleMessage(message);
        store.commit();
        return answer;
      }
    };
    new MongoServer(backend).bind("127.0.0.1", Integer.parseInt(arguments[1]));
    new MongoServer(new MemoryBackend()).bind("127.0.0.1", Integer.parseInt(arguments[2]));
    if (arguments.length > 3) {
      MongoServer secured = new MongoServer(backend);
      try (FileInputStream in = new FileInputStream(arguments[4])) {
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        secured.enableSsl(key(arguments[5]), null, certificate);
      }
      secured.bind("127.0.0.1", Integer.parseInt(arguments[3]));
    }
    System.out.println("READY");
  }
}
