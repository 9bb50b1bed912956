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

import java.util.Set;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/** The connector {@code auctions}: a bounded table of the {@link AuctionStream}. */
public final class AuctionTableFactory implements DynamicTableSourceFactory {

    static final String IDENTIFIER = "auctions";

    static final ConfigOption<String> TABLE =
            ConfigOptions.key("table").stringType().noDefaultValue();
    static final ConfigOption<Long> EVENTS =
            ConfigOptions.key("events").longType().noDefaultValue();
    static final ConfigOption<Long> UNMEASURED =
            ConfigOptions.key("unmeasured").longType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(TABLE, EVENTS, UNMEASURED);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        AuctionStream.Table table = AuctionStream.Table.ofName(helper.getOptions().get(TABLE));
        return new AuctionTable(
                table,
                table.rows(helper.getOptions().get(EVENTS)),
                table.rows(helper.getOptions().get(UNMEASURED)),
                InternalTypeInfo.of(context.getPhysicalRowDataType().getLogicalType()));
    }

    private record AuctionTable(
            AuctionStream.Table table,
            long rows,
            long unmeasuredRows,
            TypeInformation<RowData> type)
            implements ScanTableSource {

        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            AuctionStream.Table rowsOf = table;
            long unmeasured = unmeasuredRows;
            return SourceProvider.of(
                    new DataGeneratorSource<>(
                            index -> {
                                if (index == unmeasured) {
                                    JobClock.start();
                                }
                                return rowsOf.row(index);
                            },
                            rows,
                            type));
        }

        @Override
        public DynamicTableSource copy() {
            return this;
        }

        @Override
        public String asSummaryString() {
            return "auctions, table " + table;
        }
    }
}
