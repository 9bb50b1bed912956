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
package io.flinklsm.core.sstable;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.parquet.footer.ParquetFooter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class FooterPropertiesTest {

    @Test
    void aPairOfTheFooterIsFoundByItsBytes() {
        byte[] footer =
                "..flinklsm.tail-crc32c\u0018\u000800000000.."
                        .getBytes(StandardCharsets.ISO_8859_1);

        FooterProperties.setChecksum(footer, 0x00AB12CD);

        assertThat(new String(footer, StandardCharsets.ISO_8859_1)).contains("\b00ab12cd..");
        assertThat(ParquetFooter.valueAt(footer, "flinklsm.tail-crc32c", 16)).isEqualTo(-1);
    }
}
