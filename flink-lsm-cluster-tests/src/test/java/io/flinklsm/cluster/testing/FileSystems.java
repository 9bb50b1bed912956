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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.DefaultPluginManager;
import org.apache.flink.core.plugin.DirectoryBasedPluginFinder;
import org.apache.flink.core.plugin.PluginDescriptor;

/** Flink's file systems in this process, plugins included. */
public final class FileSystems {

    private FileSystems() {}

    /** The directories of plugins that the build has laid out, each of them one for Flink. */
    public static Path plugins(String kind) {
        return Path.of(System.getProperty("flinklsm.plugins")).resolve(kind);
    }

    /** From now on paths are opened so; what was opened before goes on as it is. */
    public static void initialize(Map<String, String> settings, Path plugins) throws IOException {
        Configuration configuration = new Configuration();
        settings.forEach(configuration::setString);
        Collection<PluginDescriptor> descriptors =
                Files.isDirectory(plugins)
                        ? new DirectoryBasedPluginFinder(plugins).findPlugins()
                        : List.of();
        FileSystem.initialize(
                configuration,
                new DefaultPluginManager(
                        descriptors,
                        CoreOptions.getPluginParentFirstLoaderPatterns(configuration)));
    }
}
