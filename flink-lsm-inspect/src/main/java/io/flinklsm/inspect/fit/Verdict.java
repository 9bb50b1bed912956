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
package io.flinklsm.inspect.fit;

/** What a jar's classes make of a serializer in a checkpoint. */
public enum Verdict {
    /** It restores, and reads what was written. */
    FITS,
    /** It restores; Flink rewrites the state's values on the way. */
    FITS_AFTER_MIGRATION,
    /** It restores, but the jar alone does not say whether it reads what was written. */
    UNDECIDED,
    /** Flink would refuse the restore. */
    DOES_NOT_FIT
}
