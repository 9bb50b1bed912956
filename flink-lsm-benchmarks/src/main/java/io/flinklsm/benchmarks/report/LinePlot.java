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
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
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

    /** From so many points on, a line of medians is drawn over a pale one of the points. */
    private static final int SMOOTHED_POINTS = 120;

    /** How many points on each side go into a median. */
    private static final int SMOOTHED_SIDE = 7;

    /** From this ratio of the largest to the smallest on, the vertical axis is logarithmic. */
    private static final double LOGARITHMIC_FROM = 30;

    /** Up to so many points are steps that one chose: 1, 4, 16. */
    private static final int CHOSEN_STEPS = 7;

    /** From this ratio on, the axis of such steps is logarithmic. */
    private static final double LOGARITHMIC_STEPS_FROM = 4;

    private LinePlot() {}

    /**
     * Writes the plot.
     *
     * @param curves a curve for each backend, by its label; not empty
     */
    static void write(String title, Map<String, Series> curves, Path file) throws IOException {
        XYSeriesCollection data = new XYSeriesCollection();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, false);
        // The line in front first.
        for (Map.Entry<String, Series> curve : curves.entrySet()) {
            double[] y = curve.getValue().y();
            Color color = Charts.colorOf(curve.getKey());
            String name = Measurements.nameOf(curve.getKey());
            if (y.length >= SMOOTHED_POINTS) {
                add(data, renderer, name, curve.getValue().x(), medians(y), color);
                renderer.setSeriesVisibleInLegend(data.getSeriesCount(), false);
                Color pale = new Color(color.getRed(), color.getGreen(), color.getBlue(), 80);
                add(data, renderer, name + ", points", curve.getValue().x(), y, pale);
            } else {
                add(data, renderer, name, curve.getValue().x(), y, color);
            }
        }
        Series first = curves.values().iterator().next();
        double left = data.getDomainLowerBound(false);
        boolean steps =
                first.x().length <= CHOSEN_STEPS
                        && left > 0
                        && data.getDomainUpperBound(false) / left >= LOGARITHMIC_STEPS_FROM;
        double lowest = data.getRangeLowerBound(false);
        boolean decades =
                first.x().length <= MARKED_POINTS
                        && lowest > 0
                        && data.getRangeUpperBound(false) / lowest >= LOGARITHMIC_FROM;
        XYPlot plot =
                new XYPlot(
                        data, axis(first.xLabel(), steps), axis(first.yLabel(), decades), renderer);
        plot.setDomainGridlinePaint(Charts.GRID);
        plot.setRangeGridlinePaint(Charts.GRID);
        plot.setDomainGridlineStroke(Charts.HAIRLINE);
        plot.setRangeGridlineStroke(Charts.HAIRLINE);
        Charts.write(Charts.chart(title, plot), WIDTH, HEIGHT, file);
    }

    private static void add(
            XYSeriesCollection data,
            XYLineAndShapeRenderer renderer,
            String name,
            double[] x,
            double[] y,
            Color color) {
        int index = data.getSeriesCount();
        XYSeries line = new XYSeries(name);
        for (int i = 0; i < x.length; i++) {
            line.add(x[i], y[i]);
        }
        data.addSeries(line);
        renderer.setSeriesPaint(index, color);
        renderer.setSeriesStroke(index, color.getAlpha() < 255 ? Charts.HAIRLINE : Charts.line());
        renderer.setSeriesShapesVisible(index, x.length <= MARKED_POINTS);
    }

    /** The median of each point and its neighbours; fewer of them at the ends. */
    private static double[] medians(double[] y) {
        double[] medians = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            int side = Math.min(SMOOTHED_SIDE, Math.min(i, y.length - 1 - i));
            medians[i] =
                    Measurements.median(Arrays.copyOfRange(y, i - side, i + side + 1))
                            .orElseThrow();
        }
        return medians;
    }

    private static ValueAxis axis(String label, boolean logarithmic) {
        if (logarithmic) {
            return Charts.logAxis(label);
        }
        NumberAxis axis = new NumberAxis(label);
        axis.setAutoRangeIncludesZero(true);
        Charts.style(axis);
        return axis;
    }
}
