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

import java.util.Locale;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/**
 * The events of an auction house, in the manner of Nexmark: of each 50, one is a person, three are
 * auctions and 46 are bids. An event is a function of its number alone, so every run and every
 * backend sees the same stream; event time grows with the number.
 *
 * <p>Half of the bids go to the hottest auction of the moment, the others to one of the last few
 * thousand; a quarter of them come from a hot bidder.
 */
final class AuctionStream {

    private static final int EVENTS_OF_A_CYCLE = 50;
    private static final int AUCTIONS_OF_A_CYCLE = 3;
    private static final int BIDS_OF_A_CYCLE = EVENTS_OF_A_CYCLE - 1 - AUCTIONS_OF_A_CYCLE;

    private static final int EVENTS_PER_MILLI = 10;
    private static final long FIRST_MILLI = 1_700_000_000_000L;

    private static final long FIRST_ID = 1_000;
    private static final int OPEN_AUCTIONS = 4_000;
    private static final int ACTIVE_PEOPLE = 10_000;
    private static final int AUCTIONS_UNTIL_HOT = 100;
    private static final int CATEGORIES = 20;
    private static final int CHANNELS = 1_000;

    private static final long SEED = 0x5EED_0F_A0C7_1045L;

    private static final StringData[] CHANNEL_NAMES = names("channel-", CHANNELS);
    private static final StringData[] URLS =
            names("https://auctions.example.com/items/of/the/day/item.htm?query=1&page=", 256);
    private static final StringData[] EXTRAS =
            names("what-the-bidder-wrote-beside-the-price-of-the-lot-", 256);
    private static final StringData[] ITEMS = names("a fine item of the house, number ", 512);
    private static final StringData[] PEOPLE = names("Ada Lovelace the ", 512);
    private static final StringData[] CITIES = names("city-", 64);
    private static final StringData[] STATES = names("S", 50);

    private AuctionStream() {}

    /** The three tables of the stream. */
    enum Table {
        /** id, name, email, city, state, madeAt, extra. */
        PERSON(1),
        /** id, itemName, description, initialBid, reserve, madeAt, expires, seller, category. */
        AUCTION(AUCTIONS_OF_A_CYCLE),
        /** auction, bidder, price, channel, url, madeAt, extra. */
        BID(BIDS_OF_A_CYCLE);

        private final int rowsOfACycle;

        Table(int rowsOfACycle) {
            this.rowsOfACycle = rowsOfACycle;
        }

        /** How many of the first {@code events} events are of this table, in whole cycles. */
        long rows(long events) {
            return events / EVENTS_OF_A_CYCLE * rowsOfACycle;
        }

        /** Row {@code index} of the table, owned by the caller. */
        GenericRowData row(long index) {
            return switch (this) {
                case PERSON -> person(index);
                case AUCTION -> auction(index);
                case BID -> bid(index);
            };
        }

        static Table ofName(String name) {
            return valueOf(name.toUpperCase(Locale.ROOT));
        }
    }

    private static GenericRowData person(long index) {
        long random = mix(index, 1);
        return GenericRowData.of(
                FIRST_ID + index,
                PEOPLE[pick(random, PEOPLE.length)],
                EXTRAS[pick(random >>> 9, EXTRAS.length)],
                CITIES[pick(random >>> 18, CITIES.length)],
                STATES[pick(random >>> 27, STATES.length)],
                time(index * EVENTS_OF_A_CYCLE),
                EXTRAS[pick(random >>> 36, EXTRAS.length)]);
    }

    private static GenericRowData auction(long index) {
        long random = mix(index, 2);
        long event =
                index / AUCTIONS_OF_A_CYCLE * EVENTS_OF_A_CYCLE + 1 + index % AUCTIONS_OF_A_CYCLE;
        long initialBid = 1L + pick(random, 10_000);
        return GenericRowData.of(
                FIRST_ID + index,
                ITEMS[pick(random >>> 9, ITEMS.length)],
                EXTRAS[pick(random >>> 18, EXTRAS.length)],
                initialBid,
                initialBid + (long) pick(random >>> 27, 1_000),
                time(event),
                TimestampData.fromEpochMillis(milli(event) + 1L + pick(random >>> 36, 20_000)),
                active(event, mix(index, 3)),
                (long) pick(random >>> 45, CATEGORIES));
    }

    private static GenericRowData bid(long index) {
        long random = mix(index, 4);
        long event = eventOfBid(index);
        return GenericRowData.of(
                auctionOfBid(index),
                bidderOfBid(index),
                priceOfBid(index),
                CHANNEL_NAMES[pick(random >>> 20, CHANNELS)],
                URLS[pick(random >>> 36, URLS.length)],
                time(event),
                EXTRAS[pick(random >>> 45, EXTRAS.length)]);
    }

    /** The auction that bid {@code index} is for. */
    static long auctionOfBid(long index) {
        long random = mix(index, 5);
        long known = eventOfBid(index) / EVENTS_OF_A_CYCLE * AUCTIONS_OF_A_CYCLE;
        if ((random & 1) == 0) {
            return FIRST_ID + known / AUCTIONS_UNTIL_HOT * AUCTIONS_UNTIL_HOT;
        }
        long open = Math.min(known + AUCTIONS_OF_A_CYCLE, OPEN_AUCTIONS);
        return FIRST_ID
                + known
                + AUCTIONS_OF_A_CYCLE
                - 1
                - Long.remainderUnsigned(random >>> 1, open);
    }

    /** Who made bid {@code index}. */
    static long bidderOfBid(long index) {
        return active(eventOfBid(index), mix(index, 6));
    }

    /** The price of bid {@code index}; different bids seldom have the same. */
    static long priceOfBid(long index) {
        return 100 + Long.remainderUnsigned(mix(index, 7), 100_000_000L);
    }

    /** When bid {@code index} was made, in milliseconds since the epoch. */
    static long milliOfBid(long index) {
        return milli(eventOfBid(index));
    }

    private static long eventOfBid(long index) {
        return index / BIDS_OF_A_CYCLE * EVENTS_OF_A_CYCLE
                + 1
                + AUCTIONS_OF_A_CYCLE
                + index % BIDS_OF_A_CYCLE;
    }

    /** A person who is known when {@code event} happens. */
    private static long active(long event, long random) {
        long known = event / EVENTS_OF_A_CYCLE + 1;
        if ((random & 3) == 0) {
            return FIRST_ID + known / 100 * 100;
        }
        return FIRST_ID
                + known
                - 1
                - Long.remainderUnsigned(random >>> 2, Math.min(known, ACTIVE_PEOPLE));
    }

    private static long milli(long event) {
        return FIRST_MILLI + event / EVENTS_PER_MILLI;
    }

    private static TimestampData time(long event) {
        return TimestampData.fromEpochMillis(milli(event));
    }

    private static int pick(long random, int bound) {
        return (int) Long.remainderUnsigned(random & 0xFFFF_FFFFL, bound);
    }

    /** A number that looks random (the finaliser of SplitMix64). */
    private static long mix(long index, long what) {
        long bits = SEED + index * 0x9E37_79B9_7F4A_7C15L + what * 0xD1B5_4A32_D192_ED03L;
        bits = (bits ^ (bits >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        bits = (bits ^ (bits >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return bits ^ (bits >>> 31);
    }

    private static StringData[] names(String prefix, int count) {
        StringData[] names = new StringData[count];
        for (int i = 0; i < count; i++) {
            names[i] = StringData.fromString(prefix + i);
        }
        return names;
    }
}
