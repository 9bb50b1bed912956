/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A bucket of S3Proxy, which keeps objects as files, in a process of its own. */
public final class S3Place implements Place {

    public static final String BUCKET = "bucket";

    private static final String ACCESS_KEY = "test-access";
    private static final String SECRET_KEY = "test-secret";

    private final Path directory;
    private final int port;
    private int clientPort;
    private ServerProcess server;

    public S3Place(Path directory) throws Exception {
        this.directory = directory;
        port = ServerProcess.freePort();
        clientPort = port;
        Files.createDirectories(directory.resolve("objects").resolve(BUCKET));
        Files.writeString(
                directory.resolve("s3proxy.properties"),
                String.join(
                        "\n",
                        "s3proxy.endpoint=http://127.0.0.1:" + port,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=" + ACCESS_KEY,
                        "s3proxy.credential=" + SECRET_KEY,
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.filesystem.basedir=" + directory.resolve("objects"),
                        ""));
        // By default it tells of every byte.
        Files.writeString(
                directory.resolve("logback.xml"),
                """
                <configuration>
                  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %level %logger %msg%n</pattern></encoder>
                  </appender>
                  <root level="WARN"><appender-ref ref="out"/></root>
                </configuration>
                """);
        start();
    }

    /** Starts the server, again if it was stopped. */
    public void start() throws Exception {
        server =
                ServerProcess.start(
                        "s3proxy",
                        directory.resolve("s3proxy.log"),
                        List.of(
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Dlogback.configurationFile=" + directory.resolve("logback.xml"),
                                "-cp",
                                Files.readString(
                                                Path.of(
                                                        System.getProperty(
                                                                "flinklsm.s3proxyClassPath")))
                                        .strip(),
                                "org.gaul.s3proxy.Main",
                                "--properties",
                                directory.resolve("s3proxy.properties").toString()));
        Waiting.until(
                "s3proxy",
                FlinkCluster.LONG,
                () -> {
                    server.checkAlive();
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                        return socket.isConnected();
                    } catch (IOException e) {
                        return false;
                    }
                },
                () -> "port=" + port);
    }

    /** Stops the server, in the middle of what it does. */
    public void stop() {
        server.close();
    }

    public int serverPort() {
        return port;
    }

    /** Clients ask this port, where something stands before the server. */
    public void reachedThrough(int newClientPort) {
        clientPort = newClientPort;
    }

    /** Where the objects are, as files. */
    public Path objects() {
        return directory.resolve("objects").resolve(BUCKET);
    }

    @Override
    public String checkpoints() {
        return "s3://" + BUCKET + "/checkpoints";
    }

    @Override
    public Map<String, String> settings() {
        return Map.of(
                "s3.endpoint",
                "http://127.0.0.1:" + clientPort,
                "s3.path.style.access",
                "true",
                "s3.path-style-access",
                "true",
                "s3.region",
                "us-east-1",
                "s3.access-key",
                ACCESS_KEY,
                "s3.secret-key",
                SECRET_KEY);
    }

    @Override
    public long clockMillis() {
        return Duration.ofSeconds(1).toMillis();
    }

    @Override
    public void close() {
        server.close();
    }
}
