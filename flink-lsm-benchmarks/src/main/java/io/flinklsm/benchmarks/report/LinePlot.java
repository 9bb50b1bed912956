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
package io.flinklsm.benchmarks.report;

import io.flinklsm.benchmarks.results.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** The curves of one name, a line for each backend. */
final class LinePlot {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 380;

    /** Up to so many points are marked as points: they are measurements, not a history. */
    private static final int MARKED_POINTS = 16;

    /** From this ratio of the largest to the smallest on, an axis is logarithmic. */
    private static final double LOGARITHMIC_FROM = 30;

    private LinePlot() {}

    /**
     * Writes the plot.
     *
     * @param curves a curve for each backend, by its label; not empty
     */
    static void write(String title, Map<String, Series> curves, Path file) throws IOException {
        XYSeriesCollection data = new XYSeriesCollection();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, false);
        int index = 0;
        for (Map.Entry<String, Series> curve : curves.entrySet()) {
            XYSeries line = new XYSeries(Measurements.nameOf(curve.getKey()));
            double[] x = curve.getValue().x();
            double[] y = curve.getValue().y();
            for (int i = 0; i < x.length; i++) {
                line.add(x[i], y[i]);
            }
            data.addSeries(line);
            renderer.setSeriesPaint(index, Charts.colorOf(curve.getKey()));
            renderer.setSeriesStroke(index, Charts.line());
            renderer.setSeriesShapesVisible(index, x.length <= MARKED_POINTS);
            index++;
        }
        Series first = curves.values().iterator().next();
        XYPlot plot =
                new XYPlot(
                        data,
                        axis(first.xLabel(), data.getDomainLowerBound(false), data, false),
                        axis(first.yLabel(), data.getRangeLowerBound(false), data, true),
                        renderer);
        plot.setDomainGridlinePaint(Charts.GRID);
        plot.setRangeGridlinePaint(Charts.GRID);
        Charts.write(Charts.chart(title, plot), WIDTH, HEIGHT, file);
    }

    private static ValueAxis axis(
            String label, double lowest, XYSeriesCollection data, boolean range) {
        double highest = range ? data.getRangeUpperBound(false) : data.getDomainUpperBound(false);
        if (lowest > 0
                && highest / lowest >= LOGARITHMIC_FROM
                && data.getItemCount(0) <= MARKED_POINTS) {
            return Charts.logAxis(label);
        }
        NumberAxis axis = new NumberAxis(label);
        axis.setAutoRangeIncludesZero(true);
        axis.setLabelFont(Charts.SMALL);
        axis.setTickLabelFont(Charts.SMALL);
        axis.setTickLabelPaint(Charts.TEXT);
        return axis;
    }
}
