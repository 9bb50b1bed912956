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
package io.flinklsm.core.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * When a request to remote storage is made again: what may pass by itself (a reset connection, a
 * timeout, 503) is tried until the deadline, with pauses that double and are spread by chance, so
 * that many tasks do not come back at the same moment. What will not pass (404, 403, damage) is
 * not.
 *
 * @param firstPauseNanos longest pause before the second attempt
 * @param maxPauseNanos longest pause between any two
 * @param deadlineNanos no attempt begins later than this after the first one began
 */
public record RetryPolicy(long firstPauseNanos, long maxPauseNanos, long deadlineNanos) {

    private static final int MAX_CAUSES = 16;

    /** Doubling a pause more often makes no difference. */
    private static final int MAX_DOUBLINGS = 30;

    /**
     * Of file systems that tell a refusal by a class of their own, or in the text alone: Hadoop's
     * {@code AccessControlException}, {@code AmazonS3Exception: Forbidden (Status Code: 403)}.
     */
    private static final Pattern REFUSED =
            Pattern.compile("\\b(403|401)\\b|forbidden|access ?denied|permission denied");

    public RetryPolicy {
        if (firstPauseNanos < 1 || maxPauseNanos < firstPauseNanos || deadlineNanos < 1) {
            throw new IllegalArgumentException(
                    "not a retry policy: firstPauseNanos="
                            + firstPauseNanos
                            + ", maxPauseNanos="
                            + maxPauseNanos
                            + ", deadlineNanos="
                            + deadlineNanos);
        }
    }

    /** Pauses of 50 ms and more, at most 5 s. */
    public static RetryPolicy withDeadline(long deadlineNanos) {
        return new RetryPolicy(
                TimeUnit.MILLISECONDS.toNanos(50), TimeUnit.SECONDS.toNanos(5), deadlineNanos);
    }

    /**
     * How long to wait after so many attempts.
     *
     * @return between half of the pause and all of it
     */
    public long pauseNanos(int attempts, RandomGenerator random) {
        if (attempts < 1) {
            throw new IllegalArgumentException("a pause follows an attempt: attempts=" + attempts);
        }
        int doublings = Math.min(attempts - 1, MAX_DOUBLINGS);
        long pause =
                firstPauseNanos >= maxPauseNanos >> doublings
                        ? maxPauseNanos
                        : firstPauseNanos << doublings;
        return pause - random.nextLong(pause / 2 + 1);
    }

    /** Whether the same request may succeed a little later. */
    public static boolean isWorthRetrying(IOException failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (isFinal(cause)) {
                return false;
            }
            cause = cause.getCause();
        }
        return true;
    }

    private static boolean isFinal(Throwable cause) {
        if (cause instanceof FileNotFoundException
                || cause instanceof NoSuchFileException
                || cause instanceof AccessDeniedException
                || cause instanceof StorageStoppedException
                || cause instanceof InterruptedException
                || cause instanceof Error) {
            return true;
        }
        if (cause instanceof InterruptedIOException) {
            return !(cause instanceof SocketTimeoutException);
        }
        String message = cause.getMessage();
        return cause.getClass().getSimpleName().equals("AccessControlException")
                || (message != null && REFUSED.matcher(message.toLowerCase(Locale.ROOT)).find());
    }
}
