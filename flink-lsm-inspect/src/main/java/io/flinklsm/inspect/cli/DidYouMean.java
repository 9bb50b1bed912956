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
package io.flinklsm.inspect.cli;

import java.util.Collection;
import java.util.Locale;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/** What the user may have meant. */
public final class DidYouMean {

    private DidYouMean() {}

    /**
     * A question to put behind an error, like {@code did you mean "scan"?}, with a space in front;
     * empty if nothing is like what was typed.
     *
     * @param typed null if nothing was
     */
    public static String question(@Nullable String typed, Collection<String> known) {
        String nearest = typed == null ? null : nearest(typed, known);
        return nearest == null ? "" : " did you mean \"" + nearest + "\"?";
    }

    /** The one that takes the fewest changes of letters; two letters in the wrong order are two. */
    private static @Nullable String nearest(String typed, Collection<String> known) {
        String wanted = typed.toLowerCase(Locale.ROOT);
        int limit = wanted.length() < 4 ? 1 : Math.max(2, wanted.length() / 3);
        String nearest = null;
        for (String one : known) {
            int distance =
                    new LevenshteinDistance(limit).apply(wanted, one.toLowerCase(Locale.ROOT));
            if (distance >= 0) {
                nearest = one;
                limit = distance - 1;
                if (limit < 0) {
                    return nearest;
                }
            }
        }
        return nearest;
    }
}
