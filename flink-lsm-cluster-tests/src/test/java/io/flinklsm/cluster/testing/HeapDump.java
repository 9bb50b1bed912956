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
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.FileUtils;
import org.netbeans.lib.profiler.heap.GCRoot;
import org.netbeans.lib.profiler.heap.Heap;
import org.netbeans.lib.profiler.heap.HeapFactory;
import org.netbeans.lib.profiler.heap.Instance;
import org.netbeans.lib.profiler.heap.JavaClass;
import org.netbeans.lib.profiler.heap.ObjectFieldValue;
import org.netbeans.lib.profiler.heap.Value;

/** Looks into the heap of another JVM of this machine. */
public final class HeapDump {

    /** Longer ones are lists that lead from one element to the next. */
    private static final int STEPS_MAX = 100;

    static {
        // The library's own take a class of a JVM of today for a damaged one.
        HeapDump.class
                .getClassLoader()
                .setPackageAssertionStatus("org.netbeans.lib.profiler", false);
    }

    private HeapDump() {}

    /**
     * What holds the instances of a class, weak and soft references aside: for each of them the way
     * from it to a root of the collector.
     *
     * @param parent where the dump is for as long as it is read
     */
    public static List<String> holdersOf(long pid, String className, Path parent)
            throws IOException, InterruptedException {
        // The library keeps an index beside the file, and takes it for that of the next file with
        // this name: each dump has a directory of its own.
        Path directory = Files.createTempDirectory(parent, "dump");
        Path file = directory.resolve("heap.hprof");
        try {
            ProcessFigures.jcmd(pid, "GC.heap_dump", file.toString());
            Heap heap = HeapFactory.createHeap(file.toFile());
            List<String> holders = new ArrayList<>();
            // A class that several loaders have is there several times.
            for (Object type : heap.getAllClasses()) {
                if (((JavaClass) type).getName().equals(className)) {
                    for (Object instance : ((JavaClass) type).getInstances()) {
                        holder(heap, (Instance) instance, holders);
                    }
                }
            }
            return holders;
        } finally {
            FileUtils.deleteDirectory(directory.toFile());
        }
    }

    private static void holder(Heap heap, Instance held, List<String> holders) {
        StringBuilder way = new StringBuilder(held.getJavaClass().getName());
        Instance at = held;
        for (int step = 0; step < STEPS_MAX && !at.isGCRoot(); step++) {
            Instance next = at.getNearestGCRootPointer();
            if (next == null) {
                // Garbage, or only a weak or soft reference leads there.
                return;
            }
            way.append("\n    in ").append(nameOf(heap, next));
            way.append('.').append(fieldOf(next, at));
            at = next;
        }
        if (at.isGCRoot()) {
            way.append("\n    a root: ").append(((GCRoot) heap.getGCRoot(at)).getKind());
        }
        holders.add(way.toString());
    }

    /** Of the object's class; of a class, its own. */
    private static String nameOf(Heap heap, Instance object) {
        JavaClass type = heap.getJavaClassByID(object.getInstanceId());
        return type == null ? object.getJavaClass().getName() : "class " + type.getName();
    }

    private static String fieldOf(Instance holder, Instance held) {
        for (Object reference : held.getReferences()) {
            Value value = (Value) reference;
            if (value.getDefiningInstance().equals(holder)
                    && value instanceof ObjectFieldValue field) {
                return field.getField().getName();
            }
        }
        return "[]";
    }
}
