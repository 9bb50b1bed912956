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
 * What is not well with a checkpoint, and what to do about it. An opened checkpoint comes in,
 * figures and findings in plain words go out. Invariant: a finding names the figure, the threshold
 * that it is beyond, and a remedy. Read {@link io.flinklsm.inspect.health.HealthCheck} first.
 */
@NullMarked
package io.flinklsm.inspect.health;

import org.jspecify.annotations.NullMarked;
