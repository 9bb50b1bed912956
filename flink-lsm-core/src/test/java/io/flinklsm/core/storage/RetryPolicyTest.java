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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryPolicyTest {

    private final RetryPolicy policy = new RetryPolicy(100, 1000, 10_000);

    @Test
    void pausesDoubleUpToTheLongestAndAreSpread() {
        Random random = new Random(1);
        long[] longest = {100, 200, 400, 800, 1000, 1000};
        for (int attempts = 1; attempts <= longest.length; attempts++) {
            long smallest = Long.MAX_VALUE;
            long largest = 0;
            for (int i = 0; i < 500; i++) {
                long pause = policy.pauseNanos(attempts, random);
                smallest = Math.min(smallest, pause);
                largest = Math.max(largest, pause);
            }
            long limit = longest[attempts - 1];
            assertThat(largest).isBetween(limit * 9 / 10, limit);
            assertThat(smallest).isBetween(limit / 2, limit * 6 / 10);
        }
        assertThat(policy.pauseNanos(1_000_000, random)).isBetween(500L, 1000L);
    }

    @Test
    void whatMayPassByItselfIsTriedAgain() {
        assertThat(RetryPolicy.isWorthRetrying(new SocketException("Connection reset"))).isTrue();
        assertThat(RetryPolicy.isWorthRetrying(new SocketTimeoutException("Read timed out")))
                .isTrue();
        assertThat(RetryPolicy.isWorthRetrying(new IOException("Status Code: 503 SlowDown")))
                .isTrue();
    }

    @Test
    void whatWillNotPassIsNot() {
        assertThat(RetryPolicy.isWorthRetrying(new FileNotFoundException("s3://b/f"))).isFalse();
        assertThat(RetryPolicy.isWorthRetrying(new AccessDeniedException("s3://b/f"))).isFalse();
        assertThat(RetryPolicy.isWorthRetrying(new InterruptedIOException())).isFalse();
        assertThat(RetryPolicy.isWorthRetrying(new StorageStoppedException("closed"))).isFalse();
        assertThat(
                        RetryPolicy.isWorthRetrying(
                                new IOException("open failed", new FileNotFoundException("f"))))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Forbidden (Service: Amazon S3; Status Code: 403; Request ID: 1)",
                "Permission denied: user=flink, access=READ",
                "Access Denied"
            })
    void refusalsAreKnownByTheirText(String message) {
        assertThat(RetryPolicy.isWorthRetrying(new IOException(message))).isFalse();
    }
}
