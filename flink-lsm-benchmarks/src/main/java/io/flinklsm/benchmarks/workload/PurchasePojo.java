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
package io.flinklsm.benchmarks.workload;

/**
 * What a job keeps about a customer, about 200 bytes as Flink's POJO serializer writes it: numbers
 * that change and texts that stay. Public, mutable and without arguments, as that serializer asks.
 */
public final class PurchasePojo {

    public long customer;
    public int version;
    public double total;
    public long lastSeenMillis;
    public boolean active;
    public String name = "";
    public String address = "";
    public String lastProduct = "";

    /** For the serializer. */
    public PurchasePojo() {}

    /** The first version of a customer; equal for equal customers, different for different ones. */
    public static PurchasePojo ofCustomer(long customer) {
        PurchasePojo pojo = new PurchasePojo();
        pojo.customer = customer;
        pojo.active = true;
        pojo.name = "customer " + scrambled(customer) + scrambled(customer + 1);
        pojo.address = scrambled(customer + 2) + " street " + scrambled(customer + 3) + ", city";
        pojo.lastProduct = scrambled(customer + 4) + scrambled(customer + 5) + " (blue, large)";
        return pojo;
    }

    /** Changes what an event changes. */
    public void buy(long millis) {
        version++;
        total += 0.5;
        lastSeenMillis = millis;
    }

    /** Sixteen digits that compress badly. */
    private static String scrambled(long seed) {
        long mixed = (seed + 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
        return Long.toHexString((mixed ^ (mixed >>> 31)) | Long.MIN_VALUE);
    }
}
