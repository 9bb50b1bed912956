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
package io.flinklsm.statebackend.life;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Before JDK 19 the JVM holds the record whose generated methods were called for the first time
 * last, and with it the class loader of the job that brought it (JDK-8078641).
 */
final class LinkedRecords {

    private static final Logger LOG = LoggerFactory.getLogger(LinkedRecords.class);

    private LinkedRecords() {}

    /** Makes the last one a class of the JDK, which is taken for a record of one component. */
    static void forgetLast() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle component =
                    lookup.findVirtual(String.class, "trim", MethodType.methodType(String.class));
            link(
                    "equals",
                    MethodType.methodType(boolean.class, String.class, Object.class),
                    component);
            link("hashCode", MethodType.methodType(int.class, String.class), component);
            link("toString", MethodType.methodType(String.class, String.class), component);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            LOG.warn("[records] the JVM may hold a class loader until it links another record", e);
        }
    }

    private static void link(String method, MethodType type, MethodHandle component)
            throws Throwable {
        ObjectMethods.bootstrap(
                MethodHandles.publicLookup(), method, type, String.class, "component", component);
    }
}
