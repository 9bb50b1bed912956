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
package io.flinklsm.inspect.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a location may be printed. */
final class LocationsTest {

    @ParameterizedTest
    @CsvSource({
        "s3://AKIA:se/cret@bucket/chk-1, s3://***@bucket/chk-1",
        "s3://AKIA:se@cr/et@bucket/chk-1, s3://***@bucket/chk-1",
        "s3://AKIA:/@bucket/chk-1, s3://***@bucket/chk-1",
        "s3://AKIA:123456/7@bucket/chk-1, s3://***@bucket/chk-1",
        "https://token@host/x, https://***@host/x",
        "nosuch://user:pass@host:80/x, nosuch://***@host:80/x",
        "abfss://container:secret@account.dfs.core.windows.net/x,"
                + " abfss://***@account.dfs.core.windows.net/x",
    })
    void secretsAreHidden(String location, String printed) {
        assertThat(Locations.redact(location)).isEqualTo(printed);
        assertThat(Locations.redact("[" + location + "] is x")).isEqualTo("[" + printed + "] is x");
    }

    @Test
    void queriesAreHidden() {
        assertThat(Locations.redact("a nosuch://user:pass@host:80/x?token=a#b c"))
                .isEqualTo("a nosuch://***@host:80/x?*** c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "abfss://container@account.dfs.core.windows.net/chk-1",
                "wasbs://container@account.blob.core.windows.net/chk-1",
                "hdfs://namenode:8020/user@example.org/chk-1",
                "hdfs://namenode/user@example.org/chk-1",
                "s3://bucket/a:b@c/chk-1",
                "/local/a@b/chk-1",
            })
    void whatIsNoSecretStays(String location) {
        assertThat(Locations.redact(location)).isEqualTo(location);
        assertThat(Locations.redact("[" + location + "] is x"))
                .isEqualTo("[" + location + "] is x");
    }

    @Test
    void severalLocationsInOneTextAreHiddenEach() {
        assertThat(
                        Locations.redact(
                                "[s3://A:b/c@x/1] not abfss://c@y/2, but [s3://D:e@z/3?q=1] is"))
                .isEqualTo("[s3://***@x/1] not abfss://c@y/2, but [s3://***@z/3?*** is");
    }

    @Test
    void aUriOfAFileMayBeEncoded(@TempDir Path root) throws IOException {
        Path directory = Files.createDirectories(root.resolve("a b ä%20"));
        Path literal = Files.createDirectories(root.resolve("a%20c"));
        Files.createDirectories(root.resolve("a c"));

        assertThat(local(directory.toUri().toString())).isEqualTo(directory);
        assertThat(local("file:" + directory)).isEqualTo(directory);
        assertThat(local(directory.toUri() + "new")).isEqualTo(directory.resolve("new"));
        // Where both are there, Flink's rule holds.
        assertThat(local("file://" + literal)).isEqualTo(literal);
        assertThat(local("file://" + root + "/100%")).isEqualTo(root.resolve("100%"));
        assertThat(local(literal.toString())).isEqualTo(literal);
    }

    private static Path local(String text) {
        return Path.of(Locations.parse(text).getPath());
    }
}
