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
/**
 * A page about a checkpoint, in one file that needs nothing else. Figures of the other packages
 * come in, HTML goes out. Invariant: what a checkpoint says reaches the page as text in a JSON
 * element that no browser runs; the content security policy allows this page's own two scripts by
 * their hashes, and nothing from anywhere else. Read {@link io.flinklsm.inspect.report.ReportPage}
 * first.
 */
@NullMarked
package io.flinklsm.inspect.report;

import org.jspecify.annotations.NullMarked;
