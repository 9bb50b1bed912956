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
package io.flinklsm.core.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Where the files of a store live: a flat set of write-once files. A name is used once; an existing
 * file never changes. Safe for any thread. Every failure is an {@link IOException} that names the
 * file.
 */
public interface Storage {

    /**
     * @throws java.nio.file.FileAlreadyExistsException if the name is in use
     */
    StorageOutput create(String name) throws IOException;

    /**
     * Like {@link #create(String)}, for a file that takes the place of others: where files may be
     * in several places, it is written where most bytes of these are.
     *
     * @param replaced names of files that are there
     * @throws java.nio.file.FileAlreadyExistsException if the name is in use
     */
    default StorageOutput create(String name, Collection<String> replaced) throws IOException {
        return create(name);
    }

    /**
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    StorageInput open(String name) throws IOException;

    /**
     * Makes a finished file of the local file system one of this storage's without copying its
     * bytes, if that is possible. The owner of the file may delete it afterwards, but must never
     * change it.
     *
     * @return false if it is not possible, for whatever reason: nothing has happened, copy the file
     * @throws java.nio.file.FileAlreadyExistsException if the name is in use
     */
    default boolean link(String name, Path file) throws IOException {
        return false;
    }

    /**
     * Makes the file appear in the local file system, too, without copying its bytes, if that is
     * possible. It may be deleted there, but must never be changed.
     *
     * @param target does not exist; its directory does
     * @return false if it is not possible, for whatever reason: nothing has happened
     */
    default boolean linkTo(String name, Path target) throws IOException {
        return false;
    }

    /**
     * Whether reads of the file never wait for another machine. Where they do, what can be checked
     * later is, for many files one after another would make a long wait.
     */
    default boolean answersAtOnce(String name) {
        return true;
    }

    /** Length in bytes. */
    long size(String name) throws IOException;

    boolean exists(String name) throws IOException;

    /** Deletes the file; no failure if there is none. Open inputs may fail afterwards. */
    void delete(String name) throws IOException;

    /** Names of all finished files, in no order. Not for hot paths: slow on object stores. */
    List<String> list() throws IOException;

    /** What errors call a file: its full path or URI, without secrets. */
    String describe(String name);
}
