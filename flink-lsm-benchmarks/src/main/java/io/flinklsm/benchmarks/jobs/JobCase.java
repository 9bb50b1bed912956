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
package io.flinklsm.benchmarks.jobs;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The jobs, each a query over the tables person, auction and bid; in the order of the report. */
enum JobCase {
    JOIN(
            "Bids with what they are for: a regular join, both sides grow.",
            """
            SELECT b.auction, b.bidder, b.price, a.itemName, a.seller, a.category
            FROM bid b JOIN auction a ON b.auction = a.id\
            """),
    AVERAGE(
            "Mean closing price of each category: join, MAX, AVG with retractions.",
            """
            SELECT category, AVG(closing) FROM (
              SELECT a.id, a.category, MAX(b.price) AS closing
              FROM auction a JOIN bid b ON a.id = b.auction
              WHERE b.madeAt BETWEEN a.madeAt AND a.expires
              GROUP BY a.id, a.category)
            GROUP BY category\
            """),
    GROUP(
            "Statistics of each auction and channel: COUNT, MIN, MAX, AVG, SUM.",
            """
            SELECT auction, channel, COUNT(*), COUNT(*) FILTER (WHERE price < 1000000),
              MIN(price), MAX(price), AVG(price), SUM(price)
            FROM bid GROUP BY auction, channel\
            """),
    RETRACT(
            "Sums over the totals of bidders: COUNT, SUM, AVG, MAX with retractions.",
            """
            SELECT club, COUNT(*), SUM(total), AVG(total), MAX(total), MIN(bids) FROM (
              SELECT bidder, bidder / 100 AS club, COUNT(*) AS bids, SUM(price) AS total
              FROM bid GROUP BY bidder)
            GROUP BY club\
            """),
    DISTINCT(
            "Different bidders and auctions of each channel: COUNT(DISTINCT).",
            """
            SELECT channel, COUNT(*), COUNT(DISTINCT bidder),
              COUNT(DISTINCT bidder) FILTER (WHERE price < 1000000), COUNT(DISTINCT auction)
            FROM bid GROUP BY channel\
            """),
    TUMBLE(
            "Each bidder's bids of ten seconds: a tumbling window.",
            """
            SELECT bidder, window_start, COUNT(*), MAX(price), SUM(price)
            FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(madeAt), INTERVAL '10' SECOND))
            GROUP BY bidder, window_start, window_end\
            """),
    HOP(
            "Hot auctions: bids in the last ten seconds, every two: a hopping window.",
            """
            SELECT auction, window_start, COUNT(*)
            FROM TABLE(HOP(TABLE bid, DESCRIPTOR(madeAt), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
            GROUP BY auction, window_start, window_end\
            """),
    SESSION(
            "Each bidder's bids without a pause of a second: session windows.",
            """
            SELECT bidder, window_start, window_end, COUNT(*), SUM(price)
            FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(madeAt), INTERVAL '1' SECOND))
            GROUP BY bidder, window_start, window_end\
            """),
    LATEST(
            "The last bid of each bidder on each auction: deduplication.",
            """
            SELECT auction, bidder, price, channel, madeAt FROM (
              SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY madeAt DESC) AS place
              FROM bid)
            WHERE place = 1\
            """),
    TOP(
            "The ten highest bids of each auction: top-n over appended rows.",
            """
            SELECT auction, bidder, price, place FROM (
              SELECT auction, bidder, price,
                ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, bidder) AS place
              FROM bid)
            WHERE place <= 10\
            """),
    RANK(
            "The five best bidders of each club: top-n over changing totals.",
            """
            SELECT club, bidder, total FROM (
              SELECT *, ROW_NUMBER() OVER (PARTITION BY club ORDER BY total DESC, bidder) AS place
              FROM (
                SELECT bidder, bidder / 100 AS club, SUM(price) AS total
                FROM bid GROUP BY bidder))
            WHERE place <= 5\
            """),
    OVER(
            "Beside each bid, its bidder's bids of the last ten seconds: OVER.",
            """
            SELECT bidder, price, COUNT(*) OVER recent, SUM(price) OVER recent, MAX(price) OVER recent
            FROM bid
            WINDOW recent AS (PARTITION BY bidder ORDER BY madeAt
              RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW)\
            """),
    INTERVAL(
            "Bids of an auction's first five seconds: an interval join.",
            """
            SELECT a.id, a.itemName, b.bidder, b.price
            FROM auction a JOIN bid b ON a.id = b.auction
              AND b.madeAt BETWEEN a.madeAt AND a.madeAt + INTERVAL '5' SECOND\
            """),
    /** No query but {@link TimerJob}. */
    TIMERS("Bids kept for a while: timers of event time, MapState and ListState.", null);

    private final String description;
    private final @Nullable String query;

    JobCase(String description, @Nullable String query) {
        this.description = description;
        this.query = query;
    }

    /** The name on the command line and in the report. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    String description() {
        return description;
    }

    /** Its SQL, or null if it is no job of SQL. */
    @Nullable String query() {
        return query;
    }

    static List<JobCase> all() {
        return List.of(values());
    }

    /**
     * The job of a label.
     *
     * @throws IllegalArgumentException if no job has it
     */
    static JobCase ofLabel(String label) {
        for (JobCase job : values()) {
            if (job.label().equals(label)) {
                return job;
            }
        }
        throw new IllegalArgumentException(
                "[jobs] unknown job: name="
                        + label
                        + "; use "
                        + Arrays.stream(values())
                                .map(JobCase::label)
                                .collect(Collectors.joining(", ")));
    }
}
