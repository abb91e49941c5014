// Runs Neo4j Community as tests/servers/neo4j configures it: java Neo4jServer.java HOME [PASSWORD]. Prints READY when it accepts
// connections. The database management service with its Bolt connector is the server itself, without the HTTP API. The password
// is given when the data are new: Neo4j refuses one that is the same.
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

public class Neo4jServer {
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    DatabaseManagementService service =
        new DatabaseManagementServiceBuilder(home).loadPropertiesFromFile(home.resolve("neo4j.conf")).build();
    Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
    try {
      if (arguments.length > 1)
        service.database("system").executeTransactionally(
            "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", Map.of("password", arguments[1]));
    } catch (RuntimeException error) {
      error.printStackTrace();
      System.exit(1);  // the threads of the service would keep the process
    }
    System.out.println("READY");
    Thread.currentThread().join();
  }
}
