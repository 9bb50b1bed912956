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
package io.flinklsm.inspect.print;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * JSON on stdout: one object, whose first field {@code schema} names its form and version ({@code
 * flink-lsm/files/1}); the version grows when a field changes its meaning or goes. Sizes are bytes,
 * times are milliseconds since the epoch. ASCII only, so that no terminal is led astray.
 */
public final class Json {

    private static final JsonFactory FACTORY =
            new JsonFactoryBuilder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private Json() {}

    /** What writes the fields of the object. */
    @FunctionalInterface
    public interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    public static void print(Console console, String schema, Body body) throws IOException {
        var printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n"));
        printer.indentObjectsWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n"));
        print(console, schema, printer, body);
    }

    /** On one line, for commands that print an object for each of many things. */
    public static void printLine(Console console, String schema, Body body) throws IOException {
        print(console, schema, null, body);
    }

    private static void print(
            Console console, String schema, @Nullable PrettyPrinter printer, Body body)
            throws IOException {
        JsonGenerator json = FACTORY.createGenerator(console.out());
        json.configure(JsonGenerator.Feature.AUTO_CLOSE_TARGET, false);
        if (printer != null) {
            json.setPrettyPrinter(printer);
        }
        json.writeStartObject();
        json.writeStringField("schema", "flink-lsm/" + schema);
        body.write(json);
        json.writeEndObject();
        json.flush();
        console.line("");
    }
}
