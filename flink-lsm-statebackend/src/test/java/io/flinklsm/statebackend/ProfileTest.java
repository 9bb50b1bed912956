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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

final class ProfileTest {

    private static final String KEY = "state.backend.lsm.profile";

    @ParameterizedTest
    @EnumSource(value = Profile.class, mode = Mode.EXCLUDE, names = "DEFAULT")
    void profileIsAsIfItsValuesWereSet(Profile profile) {
        Configuration byHand = new Configuration();
        profile.defaults().forEach(byHand::setString);

        assertThat(LsmBackendSettings.of(config(profile)))
                .isEqualTo(LsmBackendSettings.of(byHand))
                .isNotEqualTo(LsmBackendSettings.of(new Configuration()));
    }

    @Test
    void defaultProfileIsNone() {
        assertThat(LsmBackendSettings.of(config(Profile.DEFAULT)))
                .isEqualTo(LsmBackendSettings.of(new Configuration()));
    }

    @ParameterizedTest
    @EnumSource(value = Profile.class, mode = Mode.EXCLUDE, names = "DEFAULT")
    void whatIsSetBesideItWins(Profile profile) {
        Configuration config = config(profile);
        Configuration defaults = new Configuration();
        for (OptionBounds<?> bounds : OptionBounds.all()) {
            if (profile.defaults().containsKey(bounds.option().key())) {
                String value = Objects.toString(OptionBounds.told(bounds.option().defaultValue()));
                config.setString(bounds.option().key(), value);
                defaults.setString(bounds.option().key(), value);
            }
        }

        assertThat(LsmBackendSettings.of(config)).isEqualTo(LsmBackendSettings.of(defaults));
    }

    /** An option of a profile that is no option of the backend would do nothing. */
    @ParameterizedTest
    @EnumSource(Profile.class)
    void profileSetsOptionsOfTheBackendOnly(Profile profile) {
        List<String> ours = LsmBackendOptions.all().stream().map(option -> option.key()).toList();

        assertThat(ours).containsAll(profile.defaults().keySet());
    }

    @Test
    void backendOfAConfigurationHasItsProfile() throws Exception {
        LsmStateBackend backend =
                new LsmStateBackendFactory()
                        .createFromConfig(
                                config(Profile.WRITE_HEAVY), ProfileTest.class.getClassLoader());

        assertThat(backend.settings())
                .isEqualTo(LsmBackendSettings.of(config(Profile.WRITE_HEAVY)));
    }

    @Test
    void namesAreThoseOfTheOption() {
        assertThat(Arrays.stream(Profile.values()).map(Profile::key).toList())
                .isEqualTo(List.of(OptionBounds.PROFILE.text().split(", ")));
    }

    private static Configuration config(Profile profile) {
        return Configuration.fromMap(Map.of(KEY, profile.key()));
    }
}
