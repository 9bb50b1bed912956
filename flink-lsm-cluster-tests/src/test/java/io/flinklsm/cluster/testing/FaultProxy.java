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

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before an HTTP server of this machine and does to its requests what a network and an
 * overloaded store do. Bytes that pass are not changed, so that signatures stay valid. Safe for any
 * thread.
 */
public final class FaultProxy implements Closeable {

    /**
     * What becomes of one request.
     *
     * @param delay before the server sees it
     * @param status is answered instead of asking the server; 0 to ask it
     * @param resetAfter the connection breaks off after so many bytes of the answer; negative for
     *     never
     * @param closeDelay how long the connection stays open once the server has closed it
     */
    public record Action(Duration delay, int status, int resetAfter, Duration closeDelay) {

        public static final Action PASS = new Action(Duration.ZERO, 0, -1, Duration.ZERO);

        public static final Action SLOW_DOWN = PASS.answering(503);

        public static final Action FORBIDDEN = PASS.answering(403);

        /** The connection breaks off before anything is answered. */
        public static final Action RESET = PASS.resettingAfter(0);

        public Action after(Duration newDelay) {
            return new Action(newDelay, status, resetAfter, closeDelay);
        }

        public Action answering(int newStatus) {
            return new Action(delay, newStatus, resetAfter, closeDelay);
        }

        public Action resettingAfter(int bytes) {
            return new Action(delay, status, bytes, closeDelay);
        }

        public Action closingAfter(Duration newCloseDelay) {
            return new Action(delay, status, resetAfter, newCloseDelay);
        }
    }

    /** Decides what becomes of a request. Called by many threads. */
    @FunctionalInterface
    public interface Rule {

        /**
         * @param request counted from 1 since the rule is in force
         */
        Action on(String method, String path, int request);
    }

    private static final int MAX_HEAD_BYTES = 64 << 10;

    private final int serverPort;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger faults = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Rule rule = (method, path, request) -> Action.PASS;

    public FaultProxy(int serverPort) throws IOException {
        this.serverPort = serverPort;
        listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        threads.execute(this::listen);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** The rule is in force from now on; counting begins anew. */
    public void obey(Rule newRule) {
        requests.set(0);
        faults.set(0);
        rule = newRule;
    }

    public int requests() {
        return requests.get();
    }

    /** Requests that something was done to. */
    public int faults() {
        return faults.get();
    }

    private void listen() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                // Closed, or one connection was lost: the next one comes or does not.
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            sockets.add(server);
            Answers answers = new Answers(client, server);
            threads.execute(answers);
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            while (true) {
                byte[] head = readHead(in);
                if (head.length == 0) {
                    return;
                }
                String text = new String(head, StandardCharsets.ISO_8859_1);
                String[] line = text.substring(0, text.indexOf('\r')).split(" ");
                Action action = rule.on(line[0], line[1], requests.incrementAndGet());
                if (action != Action.PASS) {
                    faults.incrementAndGet();
                }
                pause(action.delay());
                if (action.status() != 0) {
                    refuse(client, in, text, action.status());
                    return;
                }
                if (action.resetAfter() == 0) {
                    reset(client);
                    return;
                }
                answers.obey(action);
                out.write(head);
                copy(in, out, bodyLength(text));
                out.flush();
            }
        } catch (IOException e) {
            // One of the two has gone away: so does the other.
            sockets.remove(client);
        } finally {
            sockets.remove(client);
        }
    }

    /** Carries what the server answers. */
    private final class Answers implements Runnable {
        private final Socket client;
        private final Socket server;
        private volatile Action action = Action.PASS;
        private volatile long left = -1;

        Answers(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void obey(Action newAction) {
            left = newAction.resetAfter();
            action = newAction;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[8 << 10];
            try (client;
                    server) {
                InputStream in = server.getInputStream();
                OutputStream out = client.getOutputStream();
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    if (action.resetAfter() >= 0) {
                        int part = (int) Math.min(count, left);
                        out.write(buffer, 0, part);
                        left -= part;
                        if (part < count) {
                            out.flush();
                            reset(client);
                            return;
                        }
                    } else {
                        out.write(buffer, 0, count);
                    }
                    out.flush();
                }
                pause(action.closeDelay());
            } catch (IOException e) {
                // As above.
                sockets.remove(server);
            } finally {
                sockets.remove(server);
            }
        }
    }

    private static byte[] readHead(InputStream in) throws IOException {
        byte[] head = new byte[MAX_HEAD_BYTES];
        int length = 0;
        while (length < head.length) {
            int next = in.read();
            if (next < 0) {
                return new byte[0];
            }
            head[length++] = (byte) next;
            if (length >= 4
                    && head[length - 4] == '\r'
                    && head[length - 3] == '\n'
                    && head[length - 2] == '\r'
                    && head[length - 1] == '\n') {
                return java.util.Arrays.copyOf(head, length);
            }
        }
        throw new IOException("no end of the head within " + MAX_HEAD_BYTES + " bytes");
    }

    private static long bodyLength(String head) {
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        return 0;
    }

    private static void copy(InputStream in, OutputStream out, long byteCount) throws IOException {
        byte[] buffer = new byte[8 << 10];
        for (long left = byteCount; left > 0; ) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new IOException("the client has gone away");
            }
            out.write(buffer, 0, count);
            out.flush();
            left -= count;
        }
    }

    private static void refuse(Socket client, InputStream in, String head, int status)
            throws IOException {
        if (!head.toLowerCase(Locale.ROOT).contains("expect: 100-continue")) {
            copy(in, OutputStream.nullOutputStream(), bodyLength(head));
        }
        boolean forbidden = status == 403;
        String body =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
                        + (forbidden ? "AccessDenied" : "SlowDown")
                        + "</Code><Message>"
                        + (forbidden ? "Access Denied" : "Please reduce your request rate.")
                        + "</Message><RequestId>0</RequestId></Error>";
        OutputStream out = client.getOutputStream();
        out.write(
                ("HTTP/1.1 "
                                + status
                                + (forbidden ? " Forbidden" : " Slow Down")
                                + "\r\nContent-Type: application/xml\r\nContent-Length: "
                                + (head.startsWith("HEAD ") ? 0 : body.length())
                                + "\r\nConnection: close\r\n\r\n"
                                + (head.startsWith("HEAD ") ? "" : body))
                        .getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static void reset(Socket socket) throws SocketException, IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private void pause(Duration duration) throws IOException {
        if (duration.isZero()) {
            return;
        }
        try {
            if (closed.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("the proxy is closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
