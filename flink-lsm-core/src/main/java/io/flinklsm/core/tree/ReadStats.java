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
package io.flinklsm.core.tree;

/**
 * Where reads have ended.
 *
 * @param memory memory has answered
 * @param cache all blocks that were needed were in the block cache
 * @param file a block was read from a file, wherever that is
 * @param noBlock no file had the key, by key ranges and filters
 * @param merges memory and files were merged for a page of a map
 * @param filtersAsked bloom filters that were asked
 * @param filterNegatives those that have spared a block
 * @param filterFalsePositives those that have not, and the block did not have the key
 */
public record ReadStats(
        long memory,
        long cache,
        long file,
        long noBlock,
        long merges,
        long filtersAsked,
        long filterNegatives,
        long filterFalsePositives) {}
